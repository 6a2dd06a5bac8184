"""``BatchJobChainOperator``: a job that Airflow starts, and those that AWS Batch starts behind it."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException, TaskDeferred
from airflow.sdk import DAG

from airflow_batch_provider.operators.batch import BatchJobChainOperator
from airflow_batch_provider.plan.planner import plan_workflow
from airflow_batch_provider.spec.models import Job, JobSettings, Workflow
from tests.airflow_fakes import FakeStateStore, FakeTaskInstance, hook_over
from tests.fakes import FakeBatchApi, FakeLogsApi, refused, throttled

RETRIES = 2
PLAN = plan_workflow(
    Workflow(
        workflow="w",
        defaults=JobSettings(job_queue="q", job_definition="d", command=["{{ ds }}"]),
        jobs={
            "a": Job(),
            "b": Job(depends_on=["a"], trigger_rule="all_done", array_size="{{ size }}"),
            "c": Job(depends_on=[{"job": "b", "type": "N_TO_N"}], array_size="{{ other_size }}"),
            "d": Job(depends_on=["c"]),
        },
    )
)


class Chain:
    """The task of ``b``, tried again and again; each try in a process of its own."""

    def __init__(self, task_id="b", size="3", other_size="3"):
        self.api = FakeBatchApi()
        self.ti = FakeTaskInstance(task_id)
        self.ti.max_tries = RETRIES
        self.context = {
            "ti": self.ti,
            "task_state_store": FakeStateStore(),
            "ds": "2006-01-01",
            "size": size,
            "other_size": other_size,
        }

    def operator(self):
        with DAG("d", schedule=None):
            made = BatchJobChainOperator(
                task_id=self.ti.task_id,
                head_key="b",
                chain=PLAN.chain_of("b"),
                retries=RETRIES,
                job_queue="q",
                job_definition="d",
                array_properties={"size": "{{ size }}"},
            )
        made.render_template_fields(self.context)
        made.__dict__["hook"] = hook_over(self.api, FakeLogsApi())
        return made

    def execute(self):
        with pytest.raises(TaskDeferred) as raised:
            self.operator().execute(self.context)
        return raised.value.trigger.job_ids

    @property
    def published(self):
        return {key: value for key, value in self.ti.pushed.items() if key.startswith("job.")}


def test_the_others_are_submitted_with_it_and_published():
    chain = Chain()

    followed = chain.execute()

    assert followed == ["job-1"]
    assert [request.get("dependsOn") for request in chain.api.submitted] == [
        None,
        [{"jobId": "job-1", "type": "N_TO_N"}],
        [{"jobId": "job-2"}],
    ]
    assert chain.api.submitted[2]["containerOverrides"] == {"command": ["2006-01-01"]}
    assert chain.published == {"job.c": "job-2", "job.d": "job-3"}


def test_sizes_that_only_the_run_tells_are_compared_before_the_call():
    chain = Chain(size="3", other_size="4")

    chain.execute()

    assert len(chain.api.submitted) == 1
    assert chain.published["job.c"] == {
        "refusal": "job 'c' has array size 4 and job 'b' has array size 3. An N_TO_N dependency "
        "pairs their children: give both jobs the same array_size"
    }
    assert "refusal" in chain.published["job.d"]


def test_arrays_of_one_are_plain_jobs_one_after_the_other():
    chain = Chain(size="1", other_size="1")

    chain.execute()

    assert chain.api.submitted[1]["dependsOn"] == [{"jobId": "job-1"}]
    assert "arrayProperties" not in chain.api.submitted[1]


def test_in_a_task_group_the_tasks_that_follow_stand_beside_it():
    chain = Chain(task_id="group.b")

    chain.execute()

    assert [request["tags"]["airflow_task_id"] for request in chain.api.submitted] == [
        "group.b",
        "group.c",
        "group.d",
    ]


def test_a_try_after_a_crash_adopts_all_of_them():
    chain = Chain()
    chain.execute()
    chain.ti.retry()

    followed = chain.execute()

    assert followed == ["job-1"]
    assert len(chain.api.submitted) == 3
    assert chain.published == {"job.c": "job-2", "job.d": "job-3"}


def test_when_it_is_submitted_anew_so_are_the_others():
    chain = Chain()
    chain.execute()
    for job_id in ("job-1", "job-2", "job-3"):
        chain.api.put(job_id, "FAILED", statusReason="x" if job_id == "job-1" else "Dependent Job failed")
    chain.ti.retry()

    followed = chain.execute()

    assert followed == ["job-4"]
    assert chain.api.submitted[4]["dependsOn"] == [{"jobId": "job-4", "type": "N_TO_N"}]
    assert chain.published == {"job.c": "job-5", "job.d": "job-6"}


def test_one_that_is_refused_does_not_stop_the_first():
    chain = Chain()
    chain.api.errors["submit_job"] = [None, refused("no")]

    followed = chain.execute()

    assert followed == ["job-1"]
    assert "no (ClientException)" in chain.published["job.c"]["refusal"]


def test_where_the_others_cannot_be_submitted_it_does_not_run_either():
    chain = Chain()
    chain.api.errors["submit_job"] = [None, None, *[throttled()] * 10]

    with pytest.raises(AirflowException, match="did not accept job"):
        chain.operator().execute(chain.context)

    assert chain.api.terminated == {
        "job-1": "The submission of the jobs that depend on this one was not completed",
        "job-2": "The submission of this job's workflow was not completed",
    }


def test_a_kill_on_the_way_terminates_all():
    chain = Chain()
    operator = chain.operator()
    submit = chain.api.submit_job

    def killed_at_the_second(**request):
        answer = submit(**request)
        if len(chain.api.submitted) == 2:
            operator.on_kill()
        return answer

    chain.api.submit_job = killed_at_the_second

    with pytest.raises(AirflowException):
        operator.execute(chain.context)

    assert set(chain.api.terminated) == {"job-1", "job-2"}

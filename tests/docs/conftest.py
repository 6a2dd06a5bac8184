from airflow_batch_provider.local.pytest_plugin import (  # noqa: F401
    local_batch,
    local_batch_options,
    local_batch_server,
)

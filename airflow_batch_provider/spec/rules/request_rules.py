"""E4xx: the rules on requests. ``requests`` checks them, with the functions of ``aws_requests``."""

from __future__ import annotations

from typing import Final

REQUEST_RULES: Final[dict[str, str]] = {
    "E402": "The timeout of an attempt is at least 60 seconds.",
    "E403": "A job has 1 to 10 attempts.",
    "E404": "The scheduling priority is 0 to 9999.",
    "E406": "A job or resource has at most 50 tags.",
    "E408": "A SubmitJob request has at most 30 KiB.",
    "E409": "The container overrides, including command and environment, have at most 8,192 characters.",
    "E410": "The name of an environment variable is not empty, has no `=`, and is not reserved by AWS Batch.",
    "E411": "Tag keys have 1 to 128 characters and do not start with `aws:`; tag values have at most 256.",
    "E412": (
        "Labels, job queues, job definitions and share identifiers have names that AWS Batch accepts; "
        "a job definition's begins with a letter or digit."
    ),
    "E413": (
        "Memory and vCPUs are a combination that Fargate supports, also after the overrides of a job; "
        "EC2 requires whole vCPUs."
    ),
    "E414": "A container has at least 4 MiB of memory.",
    "E415": "A container with GPUs has at least one.",
    "E416": "A command contains no empty string.",
    "E417": "A retry strategy with `evaluate_on_exit` has `attempts`, at most 5 entries, and valid patterns.",
    "E418": "A job definition has everything that AWS Batch requires to register it.",
    "E420": "Tags consist of letters, digits, spaces and `+ - = . _ : / @`.",
    "E421": "A job definition and its overrides have only members that their platform supports.",
    "E422": "Ephemeral storage has 21 to 200 GiB.",
    "E423": "The image of a container has at most 255 characters; its user is a name or ID.",
    "E424": (
        "`ecs_properties` have one task with 1 to 10 containers. Their names are unique, their timeouts are "
        "valid, and at least one is essential."
    ),
    "E425": "The containers of a task depend on other containers of the same task, without a cycle.",
    "E426": "The overrides of a job match the kind and the containers of its job definition.",
    "E427": "A `Ref::` in a command refers to a parameter of the job or job definition.",
    "E428": "A RegisterJobDefinition request has at most 24 KiB.",
    "E429": "A consumable resource has a name and a quantity of at least 1.",
    "E430": "The node ranges of a multi-node parallel job contain all nodes; its main node is one of them.",
    "E431": "A pod has 1 to 10 containers with unique names.",
    "E432": "Settings of the operating system have values that AWS Batch knows, and that Windows supports.",
}
"""The summaries by id. `docs/rules.md` shows them."""

ABOUT_MISSING_PARTS: Final = frozenset({"E417", "E418", "E424", "E425", "E426", "E427", "E430", "E431"})
"""The rules that report what is missing, or what does not match another part of the spec."""

"""The settings of the stack that is soaked: seven pipelines, and what is another on some days."""

from typing import Any

ALL = ["INSERT", "MODIFY", "REMOVE"]
_WELCOME = {"template": "welcome", "events": ["INSERT"]}
_CHANGED = {"template": "profile-changed", "events": ["MODIFY"], "changed": ["email", "name"]}
_LEFT = {"template": "profile-changed", "events": ["REMOVE"], "to": ["hq@example.com"]}
_SOLD = {**_WELCOME, "to": ["sales@example.com", "hq@example.com"]}
_PROGRESS = {**_CHANGED, "changed": ["status"], "to": "buyer"}
_FEW_RETRIES = {"maximumRetryAttempts": 2}

RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90)
"""Of logs, another one each day: what shows that a day's settings are live."""

SETTINGS: dict[str, dict[str, Any]] = {
    "mail": {"sender": "no-reply@example.com"},
    "operations": {"logRetentionDays": RETENTION_DAYS[0]},
    "streams": {
        "users": {
            "tableName": "Users",
            "archive": ["INSERT", "REMOVE"],
            "mails": [_WELCOME, _CHANGED],
            **_FEW_RETRIES,
        },
        "sales": {
            "tables": ["Orders", "Returns"],
            "partitionKey": "orderId",
            "archive": ALL,
            "mails": [_SOLD, _PROGRESS],
            **_FEW_RETRIES,
        },
        "audit": {
            "tableName": "Contracts",
            "partitionKey": "contractId",
            "archive": ALL,
            "mails": [],
            **_FEW_RETRIES,
        },
    },
    "imports": {
        "items": {"partitionKey": "id", "columns": {"price": "N"}, "chunkMiB": 1},
        "products": {
            "table": "Products",
            "bucket": "team-exports",
            "prefix": "products/",
            "partitionKey": "sku",
            "columns": {"price": "N"},
            "chunkMiB": 1,
        },
    },
    "reports": {
        "tables": {"recipients": ["team@example.com", "hq@example.com"], "every": "rate(1 minute)"},
        "shops": {
            "groups": [
                {"name": "EU", "prefix": "EU_", "label": "Europe"},
                {"name": "US", "prefix": "US_", "label": "US"},
            ],
            "recipients": ["shops@example.com"],
            "every": "rate(2 minutes)",
        },
    },
}

BY_DAY: list[dict[str, dict[str, Any]]] = [
    {},
    {"users": {"archive": ALL}, "audit": {"archive": ["INSERT", "REMOVE"]}},
    {"users": {"mails": [_WELCOME, {**_CHANGED, "changed": ["name"]}, _LEFT], "parallelizationFactor": 3}},
    {"sales": {"mails": [_SOLD, {**_PROGRESS, "where": {"status": ["PAID", "LOST"]}}]}},
]
"""What streams have on some days in place of the above, so that something else has to come of a change."""
KEYS = {"Users": "userId", "Orders": "orderId", "Returns": "orderId", "Contracts": "contractId"}
"""Table of a stream -> its key."""
COUNTED = {"RA_one": "tables", "RA_two": "tables", "VR_one": "tables", "EU_malmo": "shops", "US_reno": "shops"}
"""Table that is counted -> the report that does."""
RECIPIENTS = {name: report["recipients"] for name, report in SETTINGS["reports"].items()}

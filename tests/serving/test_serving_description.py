"""The classifier's server keeps what its OpenAPI description says (schemathesis)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi import checks as openapi
from serving_samples import TOKEN, ByLength, Served, task_of

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.negative_data_rejection,
    openapi.positive_data_acceptance,
    openapi.missing_required_header,
    openapi.unsupported_method,
    openapi.ignored_auth,
]


@pytest.fixture(scope="module", params=[False, True], ids=["texts", "pairs"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    one = Served(ByLength(task_of(pair=request.param)))
    yield one
    one.end()


def test_every_reply_is_as_described(served: Served) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    base = f"http://{served.host}"
    description = schemathesis.openapi.from_url(f"{base}/openapi.json", headers=headers)
    operations = [found.ok() for found in description.get_all_operations()]
    assert {operation.label for operation in operations} == {"GET /health", "POST /predict"}
    for operation in operations:

        @settings(
            max_examples=15, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case) -> None:
            case.call_and_validate(base_url=base, headers=headers, checks=CHECKS)

        check()

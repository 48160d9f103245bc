"""The served API keeps what its OpenAPI description says, whatever is sent (schemathesis)."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi import checks as openapi
from small_projects import small_project

from activellm.annotation.web.server import bind, hosts_of, run
from activellm.project import select
from activellm.project.office import ProjectOffice
from activellm.project.serving import team_app
from activellm.project.team import invite

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.negative_data_rejection,
    openapi.missing_required_header,
    openapi.unsupported_method,
    openapi.ignored_auth,
]
"""All but that valid data are accepted: an id of the right form may still be nobody's."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A real project on a real socket: its address, and the owner's secret."""
    folder = tmp_path_factory.mktemp("served") / "p.activellm"
    project = small_project(folder, texts=60, candidates=30, select=20, overlap=2)
    select(project)
    listener = bind("127.0.0.1", None)
    base = f"http://{hosts_of(listener)[0]}"
    office = ProjectOffice(project, base)
    app = team_app(project, office, listener, None)
    secret = invite(project, "owner", "owner")
    over = threading.Event()
    thread = threading.Thread(target=run, args=(app, listener, over.is_set), daemon=True)
    thread.start()
    yield base, secret
    over.set()
    thread.join(10)
    listener.close()
    office.close()
    project.store.close()


def test_every_reply_is_as_described(served: tuple[str, str]) -> None:
    base, secret = served
    headers = {"Authorization": f"Bearer {secret}"}
    description = schemathesis.openapi.from_url(f"{base}/api/v1/openapi.json", headers=headers)
    operations = [found.ok() for found in description.get_all_operations()]
    assert len(operations) >= 20
    for operation in operations:

        @settings(
            max_examples=20, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def check(case: schemathesis.Case) -> None:
            case.call_and_validate(base_url=base, headers=headers, checks=CHECKS)

        check()


def test_the_description_is_for_people_who_came_in(served: tuple[str, str]) -> None:
    import httpx2

    assert httpx2.get(f"{served[0]}/api/v1/openapi.json").status_code == 401

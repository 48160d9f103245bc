"""Out into real tools, labelled there by their APIs, and back: nothing is lost.

ACTIVELLM_LABEL_STUDIO=http://127.0.0.1:8097#TOKEN        a token of its legacy API
ACTIVELLM_DOCCANO=http://user:password@127.0.0.1:8096     its web server and its task runner
The library `datasets`, where it is installed.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from exchange_samples import items, read, task
from office_projects import answer, make_project

from activellm.exchange import FORMATS
from activellm.exchange.exporting import export_labels
from activellm.exchange.importing import plan_import
from activellm.project import Project, queue

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(300)]

NOTE = 'why\n"so", =1 <b> 😀'


@pytest.fixture(params=["single", "multi"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A project with answers of every sort; the last five texts wait."""
    made = make_project(tmp_path / "p", overlap=2, kind=request.param)
    ids = [item.example.id for item in queue(made)]
    answer(made, ids[0], "alice", "good", note=NOTE, seconds=2.5)
    answer(made, ids[0], "bob", "bad", unsure=True)
    answer(made, ids[0], "judge", "bad", action="resolve")
    answer(made, ids[1], "alice", action="skip")
    answer(made, ids[2], "alice", "good")
    answer(made, ids[2], "alice", action="undo")
    answer(made, ids[3], "bob", "so-so", discuss=True)
    answer(made, ids[4], "bob", *(() if request.param == "multi" else ("bad",)))
    return made


def elsewhere(tmp_path: Path, kind: str, name: str, back: Path) -> Project:
    """Another project with the same texts and no answers, after the import."""
    made = make_project(tmp_path / f"other-{back.name}", overlap=2, kind=kind)
    plan_import(made, FORMATS.get(name)(), back).keep(made)
    return made


def events(project: Project) -> set[Any]:
    return set(project.store.annotations())


def test_label_studio(project: Project, tmp_path: Path) -> None:
    address = os.environ.get("ACTIVELLM_LABEL_STUDIO", "")
    if not address:
        pytest.skip("no Label Studio is named in ACTIVELLM_LABEL_STUDIO")
    url, _, token = address.partition("#")
    made, kind = FORMATS.get("label-studio")(), project.task.kind
    export_labels(project, made, tmp_path / "out.json")
    ids = [item.example.id for item in queue(project)]
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Token {token}"}, timeout=60
    ) as client:
        config = (tmp_path / "out.config.xml").read_text(encoding="utf-8")
        created = client.post("/api/projects", json={"title": "check", "label_config": config})
        number = created.raise_for_status().json()["id"]
        content = (tmp_path / "out.json").read_bytes()
        client.post(
            f"/api/projects/{number}/import",
            content=content,
            headers={"Content-Type": "application/json"},
        ).raise_for_status()

        def back(name: str) -> Path:
            answered = client.get(
                f"/api/projects/{number}/export",
                params={"exportType": "JSON", "download_all_tasks": "true"},
            ).raise_for_status()
            (tmp_path / name).write_bytes(answered.content)
            return tmp_path / name

        untouched = plan_import(project, made, back("untouched.json"))
        assert (untouched.texts, untouched.events, untouched.found.counts) == (10, (), {})
        other = elsewhere(tmp_path, kind, "label-studio", tmp_path / "untouched.json")
        assert events(other) == events(project)

        listed = client.get("/api/tasks", params={"project": number, "fields": "all"}).json()
        tasks = {one["meta"]["activellm"]["id"]: one["id"] for one in listed["tasks"]}
        choice = {"id": "x1", "from_name": "label", "to_name": "text", "type": "choices",
                  "value": {"choices": ["bad"]}}  # fmt: skip
        note = {"id": "x2", "from_name": "note", "to_name": "text", "type": "textarea",
                "value": {"text": [NOTE]}}  # fmt: skip
        for id_, body in (
            (ids[5], {"result": [choice, note], "lead_time": 3.25}),
            (ids[6], {"result": [], "was_cancelled": True}),
        ):
            client.post(f"/api/tasks/{tasks[id_]}/annotations/", json=body).raise_for_status()
        said = client.get(f"/api/tasks/{tasks[ids[3]]}/annotations/").json()[0]
        said["result"][0]["value"]["choices"] = ["good"]
        client.patch(
            f"/api/annotations/{said['id']}/", json={"result": said["result"]}
        ).raise_for_status()

        plan = plan_import(project, made, back("labelled.json"))
        found = {one.example_id: one for one in plan.events}
        assert set(found) == {ids[5], ids[6], ids[3]}
        assert not plan.found.counts
        assert (found[ids[5]].labels, found[ids[5]].note) == (("bad",), NOTE)
        assert found[ids[5]].seconds == 3.25
        assert found[ids[6]].action == "skip"
        assert (found[ids[3]].labels, found[ids[3]].discuss) == (("good",), True)
        assert plan.keep(project) == 3
        assert plan_import(project, made, tmp_path / "labelled.json").events == ()


def test_label_studio_takes_predictions_and_pairs(tmp_path: Path) -> None:
    address = os.environ.get("ACTIVELLM_LABEL_STUDIO", "")
    if not address:
        pytest.skip("no Label Studio is named in ACTIVELLM_LABEL_STUDIO")
    url, _, token = address.partition("#")
    made = FORMATS.get("label-studio")()
    wanted = items("pair")
    made.write(iter(wanted), task("pair"), tmp_path / "out.json")
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Token {token}"}, timeout=60
    ) as client:
        config = made.beside(task("pair"))[".config.xml"]
        created = client.post("/api/projects", json={"title": "pairs", "label_config": config})
        number = created.raise_for_status().json()["id"]
        taken = client.post(
            f"/api/projects/{number}/import",
            content=(tmp_path / "out.json").read_bytes(),
            headers={"Content-Type": "application/json"},
        )
        counts = taken.raise_for_status().json()
        assert (counts["task_count"], counts["prediction_count"]) == (len(wanted), 1)
        answered = client.get(
            f"/api/projects/{number}/export",
            params={"exportType": "JSON", "download_all_tasks": "true"},
        )
        (tmp_path / "back.json").write_bytes(answered.raise_for_status().content)
    entries, found = read(made, tmp_path / "back.json", "pair")
    assert {one.id: (one.text, one.pair, one.events) for one in entries} == {
        one.id: (one.text, one.pair, one.events) for one in wanted
    }
    assert found.counts == {"predictions (they are no annotations)": 1}


def test_doccano(project: Project, tmp_path: Path) -> None:
    address = os.environ.get("ACTIVELLM_DOCCANO", "")
    if not address:
        pytest.skip("no doccano is named in ACTIVELLM_DOCCANO")
    url = httpx.URL(address)
    made, kind = FORMATS.get("doccano")(), project.task.kind
    export_labels(project, made, tmp_path / "out.jsonl")
    ids = [item.example.id for item in queue(project)]
    base = f"{url.scheme}://{url.host}:{url.port}/v1"
    login = {"username": url.username, "password": url.password}
    key = httpx.post(f"{base}/auth/login/", json=login).raise_for_status().json()["key"]
    with httpx.Client(
        base_url=base, headers={"Authorization": f"Token {key}"}, timeout=60
    ) as client:

        def done(answered: Any) -> str:
            """Wait for a task of the server."""
            name = answered.raise_for_status().json()["task_id"]
            for _ in range(120):
                status = client.get(f"/tasks/status/{name}").json()
                if status["ready"]:
                    assert "'error': [{" not in str(status), status
                    return str(name)
                time.sleep(0.5)
            raise AssertionError("doccano's task runner does not answer")

        wanted = {
            "name": "check", "description": "check", "guideline": "", "tags": [],
            "project_type": "DocumentClassification",
            "resourcetype": "TextClassificationProject",
            "single_class_classification": kind == "single",
        }  # fmt: skip
        number = client.post("/projects", json=wanted).raise_for_status().json()["id"]
        file = ("out.jsonl", (tmp_path / "out.jsonl").read_bytes())
        upload = client.post("/fp/process/", files={"filepond": file}).raise_for_status().text
        done(client.post(f"/projects/{number}/upload", json={
            "format": "JSONL", "uploadIds": [upload], "task": "DocumentClassification",
            "column_data": "text", "column_label": "label", "encoding": "utf_8"}))  # fmt: skip

        def back(name: str) -> Path:
            asked = {"format": "JSONL", "exportApproved": False}
            task = done(client.post(f"/projects/{number}/download", json=asked))
            got = client.get(f"/projects/{number}/download", params={"taskId": task})
            (tmp_path / name).write_bytes(got.raise_for_status().content)
            return tmp_path / name

        untouched = plan_import(project, made, back("untouched.zip"))
        assert (untouched.texts, untouched.events, untouched.found.counts) == (10, (), {})
        other = elsewhere(tmp_path, kind, "doccano", tmp_path / "untouched.zip")
        assert events(other) == events(project)

        listed = client.get(f"/projects/{number}/examples", params={"limit": 50}).json()
        examples = {one["meta"]["activellm"]["id"]: one["id"] for one in listed["results"]}
        types = {
            one["text"]: one["id"]
            for one in client.get(f"/projects/{number}/category-types").json()
        }
        place = f"/projects/{number}/examples/{examples[ids[5]]}/categories"
        client.post(place, json={"label": types["bad"]}).raise_for_status()
        client.post(
            f"/projects/{number}/comments?example={examples[ids[5]]}",
            json={"text": NOTE, "example": examples[ids[5]]},
        ).raise_for_status()
        plan = plan_import(project, made, back("labelled.zip"))
        (new,) = plan.events
        assert (new.example_id, new.labels, new.annotator) == (ids[5], ("bad",), url.username)
        assert new.note == NOTE
        assert plan.keep(project) == 1
        assert plan_import(project, made, tmp_path / "labelled.zip").events == ()


def test_the_library_datasets(project: Project, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    made, kind = FORMATS.get("hugging-face")(), project.task.kind
    export_labels(project, made, tmp_path / "out")
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))[
        "train"
    ]
    assert len(loaded) == 10
    label = loaded.features["labels"].feature if kind == "multi" else loaded.features["label"]
    assert label.names == list(project.task.label_names)
    loaded.save_to_disk(str(tmp_path / "saved"))
    loaded.to_parquet(str(tmp_path / "saved.parquet"))
    for back in (tmp_path / "saved", tmp_path / "saved.parquet"):
        same = plan_import(project, made, back)
        assert (same.texts, same.events, same.found.counts) == (10, (), {})
        assert events(elsewhere(tmp_path, kind, "hugging-face", back)) == events(project)

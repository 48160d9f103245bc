"""`activellm export` and `activellm import`, as a user types them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from office_projects import answer, make_project

from activellm.cli.main import main
from activellm.project import Project, queue


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def ran(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["activellm", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return ran


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = make_project(tmp_path / "p")
    answer(made, queue(made)[0].example.id, "alice", "good")
    return made


def test_out_and_back(run: Any, project: Project, tmp_path: Path) -> None:
    to = tmp_path / "tasks.json"
    where = ("--project", project.folder)
    code, out, err = run("export", to, "--format", "label-studio", *where, "--json")
    assert code == 0, err
    assert json.loads(out)["texts"] == 10
    assert json.loads(out)["files"] == [str(to), str(tmp_path / "tasks.config.xml")]
    tasks = json.loads(to.read_text())
    result = {"from_name": "label", "type": "choices", "value": {"choices": ["bad"]}}
    tasks[1]["annotations"] = [{"result": [result, {"type": "rating", "from_name": "stars"}]}]
    tasks.append({"data": {"text": "of another project"}})
    to.write_text(json.dumps(tasks))
    back = ("import", to, "--format", "label-studio", "--annotator", "eve", *where)
    code, out, err = run(*back, "--check", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert (told["new"], told["known"], told["written"]) == (1, 1, False)
    assert len(project.store.annotations()) == 1
    code, out, err = run(*back)
    assert code == 0, err
    said = " ".join(out.split())
    assert "11 texts in the file, 10 of them in this project. 1 new annotations taken" in said
    assert "1 texts that are not in the project's pool; first:" in said
    assert "1 results of the kind 'rating' in the field 'stars'" in said
    assert [one.annotator for one in project.store.annotations()] == ["alice", "eve"]
    code, out, _ = run(*back, "--json")
    assert (code, json.loads(out)["new"]) == (0, 0)


def test_wrong_use(run: Any, project: Project, tmp_path: Path) -> None:
    where = ("--project", project.folder)
    for words, message in (
        (("export", tmp_path / "x", "--format", "labelstudio"), "Did you mean 'label-studio'?"),
        (("export", tmp_path / "x.csv", "--format", "csv", "--onnx"), "--onnx: It means nothing"),
        (("export", tmp_path / "x", "--texts", "pool"), "--texts: It means nothing"),
        (("export", tmp_path / "x.csv", "--format", "csv", "--texts", "al"), "choice of texts"),
        (("import", tmp_path / "x.json"), "name does not tell its format"),
        (("import", tmp_path / "x.csv"), "no such file"),
    ):
        code, out, err = run(*words, *where)
        assert (code, out) == (2, ""), err
        assert message in err
    assert not (tmp_path / "x.csv").exists()


def test_long_texts_are_told_to_those_who_use_excel(run: Any, tmp_path: Path) -> None:
    texts = ["very long " * 4000, *(f"text {n}" for n in range(30))]
    long = make_project(tmp_path / "q", texts=texts)
    code, out, err = run(
        *("export", tmp_path / "a.csv", "--format", "csv", "--texts", "pool"),
        *("--project", long.folder),
    )
    assert code == 0, err
    assert "Excel cuts cells off after 32,767" in " ".join(out.split())

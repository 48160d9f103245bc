"""What is computed for an experiment's page: curves, ranks, places, agreement, costs, maps."""

from __future__ import annotations

import json
from pathlib import Path

import bench_results as samples
import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from activellm.bench.executors import Here
from activellm.bench.experiment import read_experiment
from activellm.bench.facts import write_facts
from activellm.bench.reporting.collect import collect
from activellm.bench.reporting.costs import costs
from activellm.bench.reporting.curves import Family
from activellm.bench.reporting.figures.curve_layout import beside, widest
from activellm.bench.reporting.findings import findings
from activellm.bench.reporting.learning import curve, families, spread
from activellm.bench.reporting.maps import maps
from activellm.bench.reporting.overlap import beyond_chance, overlaps
from activellm.bench.reporting.positions import places
from activellm.bench.reporting.tables import all_tables
from activellm.bench.reporting.wording import saved_words
from activellm.bench.results import SCORES, Results
from activellm.bench.running import run
from activellm.bench.summary import Setting, Way
from activellm.bench.workshop import Workshop
from activellm.errors import DataError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples.write(tmp_path_factory.mktemp("bench") / "study.bench")


# ---- curves -----------------------------------------------------------------------------------


def test_settings_that_differ_in_labels_alone_are_a_curve() -> None:
    rounds = [Setting("linear", 200, 20, labels) for labels in (20, 40, 60)]
    sizes = [Setting("linear", 200, size, size) for size in (20, 32)]
    alone = Setting("setfit", 200, 32, 32)
    assert families({*rounds, *sizes, alone}) == {
        Family("linear", 200, 20): rounds,
        Family("linear", 200, 0): [sizes[0], sizes[1]],
    }


def test_a_curve_by_hand() -> None:
    random = np.array([[50.0, 60.0, 70.0], [52.0, 62.0, 72.0]])
    found = curve(Way("ours"), (10, 20, 40), {"mail": (random + 5, random)})
    assert [point.value for point in found.points] == pytest.approx([56, 66, 76])
    assert [point.difference.mean for point in found.points] == pytest.approx([5, 5, 5])
    # the height's mean: trapezoids of 10 and 20 labels' width over 30
    assert found.area == pytest.approx((10 * (56 + 66) / 2 + 20 * (66 + 76) / 2) / 30)
    assert found.difference.mean == pytest.approx(5)
    assert found.difference.over == "draws"
    # 66 lies half-way between random picking's 61 and 71, at 20 and 40 labels
    assert {one.at: one.saved for one in found.saved} == pytest.approx({10: 5, 20: 10, 40: None})


def test_draws_that_lack_a_point_are_no_part_of_a_curve(folder: Path, tmp_path: Path) -> None:
    rows = [
        row
        for row in Results(folder).scores()
        if not (row["schedule"] == "kmeans" and row["labels"] == 8 and row["draw"] == 2)
    ]
    by = {c.way: c for c in findings(rows).curves[0].curves}
    assert by[Way("kmeans")].difference.draws == 2
    assert by[Way("listwise", "openai/gpt-4", "10")].difference.draws == 3


def test_the_mean_over_data_sets_comes_first(folder: Path) -> None:
    found = findings(Results(folder).scores())
    assert [one.data for one in found.curves] == ["", *samples.DATA]
    best = found.curves[0].curves[0]
    assert best.way == Way("coverage*2, bald", "judged/1.5B")
    assert best.difference.over == "data sets"
    assert best.difference.mean == pytest.approx(5, abs=0.5)  # as the sample was made


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [((8,), (8,)), ((4, 8), (4, 8)), (tuple(range(1, 13)), (1, 5, 8, 12))],
)
def test_numbers_are_spread_over_the_curve(
    numbers: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert spread(numbers, 4) == expected


def test_labels_saved_are_bounded_where_the_random_curve_ends() -> None:
    random = np.array([[50.0, 60.0, 70.0]] * 3)
    high = curve(Way("ours"), (10, 20, 40), {"mail": (random + 30, random)})
    assert [saved_words(one, high.labels) for one in high.saved] == [
        "over +30",
        "over +20",
        "over 0",
    ]
    low = curve(Way("ours"), (10, 20, 40), {"mail": (random - 30, random)})
    assert saved_words(low.saved[0], low.labels).startswith("at most 0")


# ---- ranks ------------------------------------------------------------------------------------


def test_ranks_are_of_means_over_the_draws_that_all_have(folder: Path) -> None:
    scores = Results(folder).scores()
    found = findings(scores).rankings
    assert [one.setting.labels for one in found] == list(samples.SIZES)
    means = {
        way: [
            np.mean(
                [
                    r["macro_f1"]
                    for r in scores
                    if (r["schedule"], r["data"], r["labels"]) == (way, d, 8)
                ]
            )
            for d in samples.DATA
        ]
        for way in ("random", "kmeans", "listwise", "coverage*2, bald")
    }
    expected = stats.rankdata(-np.array([*means.values()]), axis=0).mean(axis=1)
    ranks = {way.partition(" (")[0]: rank for way, rank in found[1].ranking.ranks.items()}
    assert ranks == pytest.approx(dict(zip(means, expected, strict=True)))


def test_few_data_sets_are_not_ranked(tmp_path: Path) -> None:
    few = samples.write(tmp_path / "few", data=samples.DATA[:4])
    assert findings(Results(few).scores()).rankings == ()


# ---- places, agreement, costs -------------------------------------------------------------------


def test_places_are_counted_along_the_list(folder: Path) -> None:
    (found,) = places(Results(folder).choices())
    lists = len(samples.DATA) * 3 * len(samples.SIZES)
    assert (found.selections, found.picks) == (lists, lists // 3 * sum(samples.SIZES))
    # the first 4, 8 and 16 of 40: two of the twenty parts hold all of the smallest
    assert found.parts[:3] == (lists * 2, lists * 2, lists // 3 * 2 * 2)
    assert found.quarters == (lists // 3 * (4 + 8 + 10), lists // 3 * 6, 0, 0)
    assert found.uneven == 1.0


def test_picks_that_no_list_showed_have_no_place() -> None:
    row = {"schedule": "listwise", "llm": "a", "prompt": "", "candidates": ["x"] * 8}
    (found,) = places([row | {"places": [0, None, 7], "quarters": [], "position_p": None}])
    assert (found.picks, found.quarters, found.uneven) == (2, (1, 0, 0, 1), None)


def test_agreement_is_cohens_kappa_of_picked_or_not() -> None:
    rng = np.random.default_rng(3)
    ids = [str(number) for number in range(30)]
    for _ in range(20):
        one, other = set(rng.choice(ids, 9, replace=False)), set(rng.choice(ids, 9, replace=False))
        pair = beyond_chance(one, other, len(ids))
        assert pair is not None
        picked = [[id_ in own for id_ in ids] for own in (one, other)]
        assert pair[0] == pytest.approx(cohen_kappa_score(*picked))
        assert pair[1] == len(one & other) / 9
    assert beyond_chance(set(ids), set(ids), len(ids)) is None


def test_only_the_same_candidates_are_compared(folder: Path) -> None:
    rows = Results(folder).choices()
    found = {(str(one.one), str(one.other)): one for one in overlaps(rows)}
    itself = found["random", "random"]
    assert itself.draws == len(samples.DATA) * 3 * len(samples.SIZES)
    assert itself.data_sets == len(samples.DATA)
    assert itself.low < 0 < itself.high  # two random selections agree by chance alone
    moved = [
        row | {"candidates": [f"{id_}*" for id_ in row["candidates"]]}
        if row["schedule"] == "kmeans"
        else row
        for row in rows
    ]
    ways = {way for one in overlaps(moved) for way in (one.one, one.other)}
    assert Way("kmeans") not in ways


def test_costs_add_up_over_rounds_and_unknown_ones_stay_unknown(folder: Path) -> None:
    results = Results(folder)
    by = {(str(one.way), one.labels): one for one in costs(results.choices(), results.scores())}
    one = by["listwise (openai/gpt-4, 10)", 8]
    assert (one.seconds, one.tokens, one.dollars) == pytest.approx((12.0, 1000, 0.03))
    assert by["random", 8].selections == len(samples.DATA) * 3 * 2
    first = results.choices()[0] | {"usage": {"prompt_tokens": 5, "cost": None}}
    second = first | {"round": 2, "seconds": 2.5, "picks": ["a", "b"]}
    score = {"choice": first["key"], "candidates": 40}
    early, late = costs([second, first], [score])
    assert (early.labels, early.seconds, early.tokens) == (4, 0.5, None)
    assert (late.labels, late.seconds, late.dollars) == (6, 3.0, None)


# ---- the folder ---------------------------------------------------------------------------------


def test_no_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no results here"):
        collect(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no measurements here yet.*bench run"):
        collect(tmp_path / "empty")


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    folder = samples.write(tmp_path / "part", data=("mail",), draws=2)
    path = folder / SCORES
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    kept = [row for row in rows if row["draw"] == 0 or row["schedule"] != "kmeans"]
    alone = [row | {"successor": "setfit"} for row in rows if row["schedule"] == "kmeans"]
    path.write_text("".join(json.dumps(row) + "\n" for row in kept + alone))
    (folder / "experiment.toml").write_text(
        'name = "part"\nstrategies = ["kmeans", "typiclust"]\n'
        '[[data]]\nname = "mail"\npool = "a.csv"\ndescription = "?"\n'
        '[[data]]\nname = "later"\npool = "b.csv"\ndescription = "?"\n'
    )
    said = " ".join(collect(folder).missing)
    assert "without random picking on the same candidates: kmeans" in said
    assert "have fewer draws than others there" in said
    assert "Not measured yet: later." in said
    assert "Not run yet: typiclust." in said
    assert "There are no maps of the picks" in said


def test_one_draw_is_marked(tmp_path: Path) -> None:
    folder = samples.write(tmp_path / "one", data=("mail",), draws=1)
    table = all_tables(findings(Results(folder).scores()))[0]
    assert {row[-1].text for row in table.rows} == {"1 (one draw)"}
    assert not any(cell.strong for row in table.rows for cell in row)
    assert all("(" not in row[2].text for row in table.rows)  # no interval
    assert "One draw tells nothing" in table.notes


def test_maps_hold_the_candidates_and_who_picked_what(tmp_path: Path, tiny_encoder: Path) -> None:
    rows = [{"text": f"{a} {b}", "label": a} for a in ("good", "bad") for b in range(40)]
    (tmp_path / "pool.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    file = tmp_path / "small.toml"
    file.write_text(
        f'name = "small"\nstrategies = ["kmeans"]\nencoder = "{tiny_encoder}"\ndevice = "cpu"\n'
        "candidates = [20]\nselect = [5]\ndraws = 2\n"
        '[[data]]\nname = "verdicts"\npool = "pool.jsonl"\ndescription = "?"\ntest_size = 20\n'
    )
    folder = tmp_path / "small.bench"
    workshop = Workshop(read_experiment(file), tmp_path, folder)
    results = Results(folder)
    run(workshop, results, Here(workshop))
    write_facts(folder, file)
    facts = collect(folder)
    assert (facts.title, facts.missing) == ("small", ())
    (found,) = facts.maps
    first = next(row for row in results.choices() if row["draw"] == found.draw)
    assert list(found.points) == first["candidates"]
    assert set(found.labels.values()) == {"good", "bad"}
    picked = {str(way): set(ids) for way, ids in found.picks.items()}
    for row in results.choices():
        if row["draw"] == found.draw:
            assert picked[row["schedule"]] == set(row["picks"])
    (tmp_path / "pool.jsonl").unlink()
    gone = collect(folder)
    assert gone.maps == ()
    assert "There is no map of verdicts" in " ".join(gone.missing)


def test_a_curve_of_other_draws_is_drawn_at_its_difference() -> None:
    random = np.array([[50.0, 60.0], [52.0, 62.0]])
    wide = curve(Way("wide"), (10, 20), {"mail": (random, random), "news": (random, random)})
    other = curve(Way("other"), (10, 20), {"talk": (random + 13, random + 10)})
    assert widest([other, wide]) == wide
    assert [at.value for at in other.points] == pytest.approx([64, 74])
    assert [at.value for at in beside(wide, other).points] == pytest.approx([54, 64])


def test_a_data_set_that_the_experiment_no_longer_names_has_no_map(tmp_path: Path) -> None:
    file = tmp_path / "e.toml"
    file.write_text(
        'strategies = ["random"]\n[[data]]\npool = "here.csv"\ndescription = "which?"\n'
    )
    choice = {"data": "gone", "draw": 0, "round": 1, "candidates": [*map(str, range(60))]}
    way = {"schedule": "random", "llm": "none", "prompt": "", "repeat": 0, "picks": ["1", "2"]}
    drawn, missing = maps([choice | way], Workshop(read_experiment(file), tmp_path, None))
    assert drawn == []
    assert "does not name it any more" in missing["gone"]

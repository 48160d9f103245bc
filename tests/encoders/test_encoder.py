import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from activellm.encoders import open_encoder
from activellm.errors import ActiveLLMError, DataError, UsageError
from activellm.files import sha256_of

TEXTS = [
    "the film was very good and so nice",
    "",
    "bad",
    "a road in the park! a tree, a bus, the light? this and that " * 3,
    "Grüße, 世界 \x00 \ud83d <b>",
    "bad",
]


def reference(folder: Path, texts: list[str], max_length: int = 256) -> np.ndarray:
    """Mean pooling over the mask, one text at a time: no padding, no batches."""
    tokenizer, model = (
        AutoTokenizer.from_pretrained(folder),
        AutoModel.from_pretrained(folder).eval(),
    )
    rows = []
    for text in texts:
        text = text.encode("utf-8", "replace").decode()
        batch = tokenizer(text, truncation=True, max_length=max_length, return_tensors="pt")
        with torch.no_grad():
            mean = model(**batch).last_hidden_state[0].mean(0)
        rows.append((mean / mean.norm()).numpy())
    return np.stack(rows)


def test_vectors_equal_a_direct_computation(tiny: Path) -> None:
    vectors = open_encoder(str(tiny), device="cpu").embed(TEXTS)
    np.testing.assert_allclose(vectors, reference(tiny, TEXTS), atol=1e-5)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.weights
def test_the_embedded_encoder_equals_a_direct_computation_and_knows_meaning() -> None:
    encoder = open_encoder(device="cpu")
    texts = ["A man is eating food.", "Someone has a meal.", "The stock market fell sharply."]
    vectors = encoder.embed(texts)
    np.testing.assert_allclose(vectors, reference(encoder.folder, texts), atol=1e-5)
    assert vectors.shape == (3, 384)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_the_order_asked_for_is_kept_over_windows_and_batches(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"the film {'very ' * (number * 7 % 13)}{number}" for number in range(60)]
    whole = open_encoder(str(tiny), device="cpu").embed(texts)
    monkeypatch.setattr("activellm.encoders.tokens.WINDOW", 16)
    monkeypatch.setitem(
        __import__("activellm.encoders.transformer", fromlist=["x"]).TOKENS_A_BATCH, "cpu", 40
    )
    seen: list[tuple[int, int | None]] = []
    parts = open_encoder(str(tiny), device="cpu").embed(
        texts, progress=lambda what, done, total: seen.append((done, total))
    )
    np.testing.assert_allclose(parts, whole, atol=1e-5)
    assert seen[-1] == (60, 60)
    assert len(seen) > 10


def test_pairs_follow_the_formula(tiny: Path) -> None:
    encoder = open_encoder(str(tiny), device="cpu")
    pairs = [("good film", "bad film"), ("", "a tree"), ("the park", "the park")]
    u, v = encoder.embed([a for a, _ in pairs]), encoder.embed([b for _, b in pairs])
    for row, (a, b) in enumerate(zip(u, v, strict=True)):
        joined = np.concatenate([a, b, abs(a - b)])
        expected = joined / np.sqrt((joined**2).sum())
        np.testing.assert_allclose(encoder.embed(pairs)[row], expected, atol=1e-5)


def test_texts_and_pairs_must_not_be_mixed(tiny: Path) -> None:
    with pytest.raises(UsageError, match="mixed"):
        open_encoder(str(tiny)).embed(["one", ("one", "two")])


def test_nothing_gives_no_rows_of_the_right_width(tiny: Path) -> None:
    assert open_encoder(str(tiny)).embed([]).shape == (0, 32)


def test_a_very_long_text_is_cut_and_fast(tiny: Path) -> None:
    long = "good film " * 10_000
    encoder = open_encoder(str(tiny), device="cpu", max_length=32)
    vectors = encoder.embed([long, "good film " * 200])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    np.testing.assert_allclose(vectors[:1], reference(tiny, [long], max_length=32), atol=1e-5)


def test_identity_says_what_decides_the_vectors(tiny: Path) -> None:
    encoder = open_encoder(str(tiny), device="cpu", max_length=64)
    identity = encoder.identity()
    assert identity["weights"] == sha256_of(tiny / "model.safetensors")
    assert identity["max_length"] == "64"
    assert identity["pooling"] == "mean"
    assert identity["dtype"] == "float32"
    assert encoder.folder == tiny


def test_global_random_state_is_untouched(tiny: Path) -> None:
    before = torch.random.get_rng_state()
    open_encoder(str(tiny), device="cpu").embed(["good"])
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_number_of_threads_can_be_set(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    try:
        monkeypatch.setenv("ACTIVELLM_THREADS", "1")
        open_encoder(str(tiny), device="cpu").embed(["good"])
        assert torch.get_num_threads() == 1
        monkeypatch.setenv("ACTIVELLM_THREADS", "many")
        with pytest.raises(UsageError, match="many"):
            open_encoder(str(tiny), device="cpu").embed(["good"])
    finally:
        torch.set_num_threads(before)


def test_a_device_that_is_not_here_is_refused(tiny: Path) -> None:
    for device in ("abacus", "cuda:77"):
        with pytest.raises(UsageError, match=device):
            open_encoder(str(tiny), device=device).embed(["good"])


def test_a_folder_without_a_model_is_refused(tmp_path: Path, tiny: Path) -> None:
    with pytest.raises(DataError, match=r"config\.json"):
        open_encoder(str(tmp_path))
    (tmp_path / "config.json").write_text((tiny / "config.json").read_text())
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(DataError, match="safetensors"):
        open_encoder(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(DataError, match="Cannot load the encoder"):
        open_encoder(str(tmp_path)).embed(["good"])


def test_a_model_that_cannot_be_had_is_a_clear_error() -> None:
    with pytest.raises(ActiveLLMError, match="could not be had from the hub"):
        open_encoder("nobody/no-such-model").embed(["good"])
    with pytest.raises(UsageError, match="There is no encoder"):
        open_encoder("../no such folder").embed(["good"])


def test_a_hub_model_in_the_local_cache_is_used(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = "0123456789abcdef0123456789abcdef01234567"
    home = tmp_path / "models--someone--tiny"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text(revision)
    (home / "snapshots").mkdir()
    (home / "snapshots" / revision).symlink_to(tiny)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    encoder = open_encoder("someone/tiny", device="cpu")
    np.testing.assert_allclose(encoder.embed(["good"]), reference(tiny, ["good"]), atol=1e-5)


def test_opening_loads_nothing_heavy(tiny: Path) -> None:
    code = (
        "import sys; from activellm.encoders import open_encoder\n"
        f"open_encoder({str(tiny)!r})\n"
        "print([m for m in ('torch', 'transformers', 'sklearn') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_nothing_is_printed(tiny: Path, capfd: pytest.CaptureFixture[str]) -> None:
    open_encoder(str(tiny), device="cpu").embed(["good"])
    assert capfd.readouterr() == ("", "")

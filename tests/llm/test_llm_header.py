import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activellm import weights
from activellm.errors import DataError
from activellm.llm.gguf_header import Header, read_header


def test_what_a_file_says_of_itself(tiny_models: tuple[Path, Path]) -> None:
    import tiny_llama

    assert read_header(tiny_models[0]) == Header(512, tiny_llama.CHATML, "smollm")


@pytest.mark.weights
def test_the_embedded_file_by_another_reader() -> None:
    gguf = pytest.importorskip("gguf")
    path = weights.LLM.path()
    fields = gguf.GGUFReader(path).fields
    assert read_header(path) == Header(
        fields["llama.context_length"].contents(),
        fields["tokenizer.chat_template"].contents(),
        fields["tokenizer.ggml.pre"].contents(),
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Cannot read it"):
        read_header(tmp_path / "nothing.gguf")


@given(data=st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_never_crashes(
    data: st.DataObject, tiny_models: tuple[Path, Path], tmp_path: Path
) -> None:
    """Cut anywhere, or with any byte of the first thousand changed: read, or refused."""
    content = bytearray(tiny_models[0].read_bytes()[:20_000])
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, 5_000)) :]
    else:
        content[data.draw(st.integers(0, 1_000))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.gguf"
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        assert read_header(path).context_length > 0

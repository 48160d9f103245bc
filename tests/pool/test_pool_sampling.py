"""Samplers of candidates."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from activellm.errors import DataError, UnknownNameError, UsageError
from activellm.pool import SAMPLERS, Pool


@pytest.fixture(scope="module")
def pool():
    return Pool.from_texts([f"text {n}" for n in range(300)], ids=[str(n) for n in range(300)])


class SamplerContract:
    """What every candidate sampler keeps; a subclass names it."""

    name: str

    def draw(self, pool, n, seed=0, exclude=()):
        sampler = SAMPLERS.get(self.name)()
        assert sampler.name == self.name
        assert sampler.source
        return sampler.draw(pool, n, np.random.default_rng(seed), exclude)

    def test_distinct_ids_of_the_pool(self, pool):
        drawn = self.draw(pool, 200)
        assert isinstance(drawn, tuple)
        assert len(set(drawn)) == 200
        assert set(drawn) <= {str(n) for n in range(300)}

    def test_repeatable(self, pool):
        assert self.draw(pool, 50, seed=3) == self.draw(pool, 50, seed=3)
        assert self.draw(pool, 50, seed=3) != self.draw(pool, 50, seed=4)

    def test_global_randomness_plays_no_part(self, pool):
        before = np.random.get_state()[1].tolist()
        self.draw(pool, 9)
        assert np.random.get_state()[1].tolist() == before

    @pytest.mark.parametrize("gone", [range(0), range(10), range(290, 300), range(0, 300, 2)])
    def test_excluded_are_never_drawn(self, pool, gone):
        exclude = {str(n) for n in gone}
        drawn = self.draw(pool, 300, exclude=exclude)
        assert sorted(map(int, drawn)) == sorted(set(range(300)) - set(gone))

    def test_the_order_of_the_excluded_does_not_matter(self, pool):
        ids = [str(n) for n in range(100)]
        assert self.draw(pool, 20, exclude=ids) == self.draw(pool, 20, exclude=ids[::-1])

    def test_nothing_left(self, pool):
        with pytest.raises(UsageError, match="No text is left"):
            self.draw(pool, 5, exclude=[str(n) for n in range(300)])

    def test_wrong_requests(self, pool):
        with pytest.raises(UsageError, match="At least 1"):
            self.draw(pool, 0)
        with pytest.raises(DataError, match="no example with the id 'x'"):
            self.draw(pool, 5, exclude=["x"])


class TestSpread(SamplerContract):
    name = "spread"


class TestRandom(SamplerContract):
    name = "random"

    def test_every_text_is_as_likely(self, pool):
        """Chi-square over 200 draws of 30 among the texts left after a ragged exclusion."""
        exclude = [str(n) for n in (0, 1, 2, 50, 51, 298, 299)]
        counts = Counter(id for seed in range(200) for id in self.draw(pool, 30, seed, exclude))
        assert len(counts) == 293
        assert chisquare(list(counts.values())).pvalue > 0.001


def test_unknown_sampler():
    with pytest.raises(UnknownNameError, match="no candidate sampler called 'randon'"):
        SAMPLERS.get("randon")


def test_every_builtin_has_its_contract_test():
    tested = {contract.name for contract in SamplerContract.__subclasses__()}
    assert set(SAMPLERS._builtin) == tested

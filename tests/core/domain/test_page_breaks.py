"""Rows of one millisecond stay on one page."""

from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from custom_components.air_state.core.domain.models import Block
from custom_components.air_state.core.domain.page_breaks import WholeMilliseconds, rows_within_limit

# Times that repeat often, and where to cut them into blocks.
TIMES = st.lists(st.sampled_from([0, 0, 0, 1, 2]), max_size=30).map(
    lambda steps: list(accumulate(steps))
)
CUTS = st.lists(st.integers(0, 30), max_size=8).map(sorted)


def block(times: list[int], first: int = 0) -> Block:
    """Return rows at these times, numbered from `first` on."""
    numbers = [float(number) for number in range(first, first + len(times))]
    return Block(times=times, columns=(numbers,))


@given(TIMES, CUTS)
def test_every_row_passes_once_and_no_millisecond_is_cut(times: list[int], cuts: list[int]) -> None:
    whole = WholeMilliseconds()
    passed: list[Block] = []
    for start, stop in pairwise([0, *cuts, len(times)]):
        passed += whole.push(block(times[start:stop], start))
    passed += whole.rest()

    assert [time for each in passed for time in each.times] == times
    numbers = [number for each in passed for number in each.columns[0]]
    assert numbers == list(map(float, range(len(times))))
    assert all(one.times[-1] < other.times[0] for one, other in pairwise(passed)), (
        "a millisecond is on two pages"
    )
    assert list(whole.rest()) == []


@given(TIMES, st.integers(-1, 40))
def test_as_many_rows_as_fit_without_cutting_a_millisecond(times: list[int], limit: int) -> None:
    count = rows_within_limit(block(times), limit)

    assert count <= max(0, limit)
    assert count in {0, len(times)} or times[count - 1] < times[count]
    # The next millisecond would not fit.
    assert count == len(times) or times.count(times[count]) > limit - count

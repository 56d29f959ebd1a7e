"""Which prompts are put together, told from their tokens alone."""

import random
from dataclasses import dataclass

from evalkit_backends._hf.trunks import SAVING, Group, grouped, shared_length


@dataclass(eq=False)
class Asked:
    """A prompt and nothing else."""

    prompt: list[int]


def tokens(count: int, seed: int) -> list[int]:
    return random.Random(seed).choices(range(10, 1000), k=count)


def groups_of(*prompts: list[int]) -> list[Group[Asked]]:
    return list(grouped([Asked(prompt) for prompt in prompts]))


def behind(start: list[int], count: int, seed: int) -> list[list[int]]:
    """So many prompts that begin with `start` and soon differ."""
    return [[*start, *tokens(5, seed + n)] for n in range(count)]


def test_no_prompts_make_no_groups() -> None:
    assert groups_of() == []


def test_prompts_that_share_too_little_stay_together() -> None:
    (group,) = groups_of(*behind([1, 2], 10, 0))
    assert group.shared == 0
    assert len(group.questions) == 10


def test_a_first_token_that_all_share_hides_no_trunk() -> None:
    one, other = [1, *tokens(80, 1)], [1, *tokens(80, 2)]
    prompts = [*behind(one, 6, 10), *behind(other, 5, 30), *behind([1], 3, 50)]
    random.Random(1).shuffle(prompts)
    found = {group.shared: len(group.questions) for group in groups_of(*prompts)}
    assert found[0] == 3
    assert sorted(len(group.questions) for group in groups_of(*prompts)) == [3, 5, 6]
    for group in groups_of(*prompts):
        if group.shared:
            assert group.shared >= 81


def test_a_trunk_grows_out_of_another() -> None:
    trunk = tokens(90, 1)
    branch = [*trunk, *tokens(90, 2)]
    groups = groups_of(*behind(trunk, 8, 10), *behind(branch, 7, 30))
    assert sorted((g.shared, len(g.questions)) for g in groups) == [(90, 8), (180, 7)]


def test_each_prompt_is_in_one_group_and_begins_as_the_group_does() -> None:
    choose = random.Random(4)
    starts = [tokens(length, length) for length in (30, 60, 200, 400)]
    prompts: list[list[int]] = []
    for number in range(300):
        start = choose.choice(starts)
        cut = start[: choose.choice((len(start) // 2, len(start)))]
        prompts.append([*cut, *tokens(choose.randint(1, 40), number)])
    groups = groups_of(*prompts)
    found = [each.prompt for group in groups for each in group.questions]
    assert sorted(found) == sorted(prompts)
    for group in groups:
        first = group.questions[0].prompt
        assert all(
            shared_length(each.prompt, first) >= group.shared < len(each.prompt)
            for each in group.questions
        )
    saved = sum(group.shared * (len(group.questions) - 1) for group in groups)
    assert saved > 50 * SAVING


def test_prompts_that_each_begin_the_next_are_no_trouble() -> None:
    long = tokens(1500, 1)
    groups = groups_of(*(long[:length] for length in range(1, 1500)))
    assert sum(len(group.questions) for group in groups) == 1499

"""A seed stands for one plan, and the seeds together for every kind of fault."""

from collections import Counter

from chaos_plan import TARGETS, WEIGHTS, Manner, plan_of


def test_a_seed_stands_for_one_plan() -> None:
    assert plan_of(7) == plan_of(7)
    assert plan_of(7) != plan_of(8)


def test_a_hundred_seeds_do_every_fault_and_a_thousand_to_every_target() -> None:
    kinds = Counter(fault.kind for seed in range(100) for fault in plan_of(seed).faults)
    assert kinds.keys() == WEIGHTS.keys()
    hit = {(fault.kind, fault.target) for seed in range(1000) for fault in plan_of(seed).faults}
    assert hit == {(kind, target) for kind, targets in TARGETS.items() for target in targets}


def test_clients_repeat_abandon_and_send_out_of_turn() -> None:
    plans = [plan_of(seed) for seed in range(20)]
    assert {each.manner for plan in plans for each in plan.sendings} == set(Manner)
    early = 0
    for plan in plans:
        reported = {each.issue: each.at_s for each in plan.sendings if each.step == "report"}
        early += sum(each.at_s < reported[each.issue] for each in plan.sendings)
    assert early

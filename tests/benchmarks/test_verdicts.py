from benchmarks.measure import Sample
from benchmarks.verdicts import part_of, verdicts
from benchmarks.workloads import Contender, Goal, Workload

WORKLOAD = Workload(
    "w", "rows", (Contender("Sluice", "a.b"), Contender("peer", "a.c")), (Goal("peer", 1 / 10, "1/10"),)
)


def samples(*cpu: float) -> list[Sample]:
    return [Sample(1000, seconds, 1.0, 20.0) for seconds in cpu]


def test_a_round_is_compared_with_itself_so_that_load_changes_no_verdict():
    assert part_of(samples(10.0, 30.0, 10.0), samples(1.0, 3.0, 1.0)) == 0.1


def test_work_is_multiplied_without_its_start():
    assert Sample(100, 7.0, 8.0, 20.0).times(3, Sample(1, 1.0, 2.0, 10.0)) == Sample(300, 19.0, 20.0, 20.0)


def test_the_mean_of_runs_has_the_memory_of_the_largest():
    assert Sample.mean([Sample(10, 1.0, 2.0, 20.0), Sample(10, 3.0, 4.0, 30.0)]) == Sample(10, 2.0, 3.0, 30.0)


def test_a_goal_is_met_up_to_its_part():
    assert [one.met for one in verdicts(WORKLOAD, {"Sluice": samples(1.0), "peer": samples(10.0)}, 0)] == [True]
    (missed,) = verdicts(WORKLOAD, {"Sluice": samples(1.25), "peer": samples(10.0)}, 0)
    assert (missed.found, missed.met) == ("1/8.0", False)


def test_time_of_its_own_is_judged_by_the_median():
    workload = WORKLOAD._replace(goals=(), most_cpu_ms=1000.0)
    for cpu, met in ((1.0, True), (1.1, False)):
        (one,) = verdicts(workload, {"Sluice": samples(0.5, cpu, 9.0)}, 0)
        assert (one.goal, one.met) == ("at most 1,000 CPU ms for 1,000 rows", met)


def test_memory_is_judged_by_the_worst_round():
    workload = WORKLOAD._replace(goals=(), peak_mb=40.0)
    taken = [Sample(1000, 1.0, 1.0, 20.0), Sample(1000, 1.0, 1.0, 41.0)]
    assert [one.met for one in verdicts(workload, {"Sluice": taken}, 0)] == [False]


def test_latency_is_judged_by_the_connections_that_were_used():
    workload = WORKLOAD._replace(goals=(), delay=0.01, latency_part=0.85)
    taken = {"Sluice": [Sample(34_000, 1.0, 1.0, 20.0)]}
    assert [one.met for one in verdicts(workload, taken, 16)] == [True]
    assert [one.met for one in verdicts(workload, taken, 17)] == [False]

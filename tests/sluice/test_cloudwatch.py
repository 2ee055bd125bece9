from sluice.cloudwatch import Metric, latest
from tests.sluice.scripted import Scripted


def metric(value):
    return Metric("AWS/Lambda", "IteratorAge", "FunctionName", value)


def test_the_newest_value_of_each_metric_is_told():
    results = [{"Id": "m1", "Values": [7.0, 3.0]}, {"Id": "m0", "Values": []}]
    target = Scripted({"cloudwatch.get_metric_data": {"MetricDataResults": results}})
    assert latest(target, [metric("a"), metric("b")]) == [None, 7.0]


def test_no_metric_costs_no_call():
    assert latest(Scripted({}), []) == []


def test_what_one_call_does_not_take_is_asked_in_several():
    def answer(MetricDataQueries, **_):
        return {"MetricDataResults": [{"Id": query["Id"], "Values": [1.0]} for query in MetricDataQueries]}

    target = Scripted({"cloudwatch.get_metric_data": answer})
    assert latest(target, [metric(str(number)) for number in range(501)]) == [1.0] * 501
    assert [len(arguments["MetricDataQueries"]) for _, arguments in target.asked] == [500, 1]

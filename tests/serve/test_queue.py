"""The queue of a run: what waits is predicted together, a full queue refuses, and nobody waits for ever."""

import asyncio
import threading

import pytest

from dlpy.serve.asked import Asked
from dlpy.serve.limits import Limits
from dlpy.serve.queue import Queue
from dlpy.serve.refused import Refused
from dlpy.serve.served_run import Answer


def asked(*numbers, column="a"):
    return Asked("rows", [{column: number} for number in numbers])


class Model:
    """Answers with the rows themselves, when it is let."""

    def __init__(self):
        self.batches, self.go = [], threading.Event()
        self.error = None

    def __call__(self, batch):
        assert self.go.wait(20)
        self.batches.append([list(one.values) for one in batch])
        if self.error is not None:
            raise self.error
        return [Answer(one.values, []) for one in batch]


def outcome(model, questions, **limits):
    """Return the answer to each question, or why there is none."""

    async def ask(queue, question):
        try:
            return (await queue.ask(question)).predictions
        except Refused as refused:
            return refused.status
        except ZeroDivisionError:
            return "bug"

    async def run():
        queue = Queue(model, Limits(**limits))
        serving = asyncio.create_task(queue.serve())
        asking = []
        for question in questions:
            asking.append(asyncio.create_task(ask(queue, question)))
            await asyncio.sleep(0.01)
        model.go.set()
        found = await asyncio.gather(*asking)
        serving.cancel()
        queue.close()
        return found

    return asyncio.run(run())


def test_what_came_during_a_prediction_is_predicted_together():
    model = Model()
    assert outcome(model, [asked(1), asked(2), asked(3, 4)]) == [[{"a": 1}], [{"a": 2}], [{"a": 3}, {"a": 4}]]
    assert model.batches == [[[{"a": 1}]], [[{"a": 2}], [{"a": 3}, {"a": 4}]]]


def test_other_columns_and_too_many_rows_are_not_put_together():
    model = Model()
    outcome(model, [asked(1), asked(2), asked(3, column="b"), asked(4, column="b"), asked(5, 6, column="b")], batch=2)
    assert [len(batch) for batch in model.batches] == [1, 1, 2, 1]


def test_a_full_queue_refuses_at_once():
    assert outcome(Model(), [asked(1), asked(2), asked(3)], queue=1) == [[{"a": 1}], [{"a": 2}], 503]


def test_a_late_answer_is_refused_and_not_computed_for_nobody():
    model = Model()

    async def run():
        queue = Queue(model, Limits(seconds=0.05))
        serving = asyncio.create_task(queue.serve())
        asking = []
        for number in (1, 2):
            asking.append(asyncio.create_task(queue.ask(asked(number))))
            await asyncio.sleep(0.01)
        found = await asyncio.gather(*asking, return_exceptions=True)
        model.go.set()
        while not model.batches or len(queue):
            await asyncio.sleep(0.01)
        serving.cancel()
        queue.close()
        return [error.status for error in found], len(queue)

    assert asyncio.run(run()) == ([504, 504], 0)
    assert model.batches == [[[{"a": 1}]]]


def test_a_bug_is_told_to_those_who_asked_and_the_queue_goes_on():
    model = Model()
    model.error = ZeroDivisionError()
    assert outcome(model, [asked(1), asked(2)]) == ["bug", "bug"]
    model.error = None
    assert outcome(model, [asked(1)]) == [[{"a": 1}]]


@pytest.mark.parametrize("count", [1, 50])
def test_every_request_gets_its_own_answer(count):
    model = Model()
    model.go.set()
    found = outcome(model, [asked(number) for number in range(count)])
    assert found == [[{"a": number}] for number in range(count)]

"""The queue of a run: requests that came while others were predicted are predicted together.

Nobody waits for others to come, so that a lone client is answered at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dlpy.serve.asked import Asked
from dlpy.serve.limits import Limits
from dlpy.serve.refused import BUSY, LATE, Refused
from dlpy.serve.served_run import Answer

Answers = Callable[[Sequence[Asked]], list[Answer | Refused]]


@dataclass(frozen=True)
class _Waiting:
    """A request, and the place of its answer."""

    asked: Asked
    answer: asyncio.Future[Answer | Refused]


class Queue:
    """The requests to one run that wait for their predictions."""

    def __init__(self, answers: Answers, limits: Limits) -> None:
        self._answers, self._limits = answers, limits
        self._waiting: deque[_Waiting] = deque()
        self._filled = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dlpy-predict")

    def __len__(self) -> int:
        return len(self._waiting)

    async def ask(self, asked: Asked) -> Answer:
        """Return the answer to a request.

        Raises:
            Refused: too many wait already, it took too long, or the rows do not fit the run.
        """
        if len(self._waiting) >= self._limits.queue:
            raise Refused(503, BUSY)
        own = _Waiting(asked, asyncio.get_running_loop().create_future())
        self._waiting.append(own)
        self._filled.set()
        try:
            answer = await asyncio.wait_for(own.answer, self._limits.seconds)
        except TimeoutError:
            raise Refused(504, LATE) from None
        if isinstance(answer, Refused):
            raise answer
        return answer

    async def serve(self) -> None:
        """Answer requests until the task is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._filled.wait()
            batch = self._next()
            if not self._waiting:
                self._filled.clear()
            if batch:
                self._give(batch, await loop.run_in_executor(self._thread, self._predicted, batch))

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False)

    def _next(self) -> list[_Waiting]:
        """Take the next requests that can be predicted together; those that nobody waits for any more are dropped."""
        batch: list[_Waiting] = []
        rows = 0
        while self._waiting:
            first = self._waiting[0]
            if first.answer.done():
                self._waiting.popleft()
                continue
            rows += len(first.asked)
            fits = rows <= self._limits.batch and first.asked.ahead is None
            if batch and not (fits and first.asked.form == batch[0].asked.form and batch[0].asked.ahead is None):
                break
            batch.append(self._waiting.popleft())
        return batch

    def _predicted(self, batch: Sequence[_Waiting]) -> list[Answer | Refused] | Exception:
        try:
            return self._answers([each.asked for each in batch])
        except Exception as error:  # a bug: those who asked learn of it, and the queue goes on
            return error

    @staticmethod
    def _give(batch: Sequence[_Waiting], answers: list[Answer | Refused] | Exception) -> None:
        for number, each in enumerate(batch):
            if each.answer.done():
                continue
            if isinstance(answers, Exception):
                each.answer.set_exception(answers)
            else:
                each.answer.set_result(answers[number])

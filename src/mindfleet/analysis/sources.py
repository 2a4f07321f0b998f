"""What a job is about: the analyses of a text that it brings, or the one that it names."""

from collections.abc import Sequence
from dataclasses import dataclass

from mindfleet.analysis.reader import Reader
from mindfleet.intake import Intake, Text
from mindfleet.job import FollowUp
from mindfleet.payloads import AboutText
from mindfleet.ports.journal import Analyses, Analysis


@dataclass(frozen=True)
class Source:
    analyses: Sequence[Analysis]
    then: Sequence[FollowUp] = ()


class Sources:
    """Finds or makes the analyses that a job is about."""

    def __init__(self, *, intake: Intake, reader: Reader, analyses: Analyses) -> None:
        self._intake = intake
        self._reader = reader
        self._analyses = analyses

    async def of(self, job: AboutText, *, task: str, evidence_only: bool = False) -> Source:
        """Take the job's text in as a row of the transcript and read it, unless a stored analysis covers it.

        An analysis that is gone, for its message was edited or forgotten, is none.

        Raises:
            ModelUnavailable: see `Reader.read`.
        """
        if job.analysis_id:
            analysis = await self._analyses.get(job.analysis_id)
            return Source([analysis] if analysis else [])
        text = Text(
            user_id=job.user_id, role="user", content=job.text or "", sent_at=job.sent_at, message_id=job.message_id
        )
        taken = await self._intake.texts(
            [text],
            bot_name=job.bot_name,
            channel_id=job.channel_id,
            visibility=job.visibility,
            task=task,
            evidence_only=evidence_only,
        )
        return Source(await self._reader.read(taken.turns), taken.then)

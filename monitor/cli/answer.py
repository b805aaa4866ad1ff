"""What one of the doctor's checks says."""

from dataclasses import dataclass

from monitor.errors import ExitCode


@dataclass(frozen=True, slots=True)
class Answer:
    """What one check found. With a hint and no code it is worth knowing, and stops nothing."""

    name: str
    said: str
    code: ExitCode = ExitCode.OK
    hint: str = ""

"""Which of two versions of an object is newer, as S3 tells it.

S3 orders the versions of one object by a hexadecimal text, the sequencer. Texts of one length compare as they are; how
shorter ones are to be padded, AWS's own pages say differently. Where lengths differ, the time of the event decides.
"""

from typing import NamedTuple


class Moment(NamedTuple):
    """When a version came to be."""

    sequencer: str
    """S3's, in capitals and padded on the left: the name that the ledger knows the version by."""
    digits: int = 0
    """How long S3's own text was; 0 where it is not known, as in what version 0.1 wrote."""
    event_time: int = 0
    """When S3 said so, in milliseconds since the epoch; 0 where it is not known."""

    def precedes(self, other: "Moment") -> bool:
        """Tells whether it is older for sure: what may be newer is never taken for late."""
        if self.digits == other.digits or not (self.digits and other.digits):
            # What version 0.1 wrote is compared as it did: S3's texts had one length all along.
            return self.sequencer < other.sequencer
        return 0 < self.event_time < other.event_time

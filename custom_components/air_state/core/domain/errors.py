"""Everything that can go wrong, by what a person can do about it.

::

    AirStateError
    ├── AddressError              an address that cannot be one
    ├── StationError              a poll that brought nothing
    │   ├── StationNameError          its name is not known on this network
    │   ├── StationRouteError         no way to its address
    │   ├── StationRefusedError       nothing listens on that port
    │   ├── StationTimeoutError       no answer in time
    │   ├── StationTlsError           no trust in its certificate
    │   ├── StationProtocolError      an answer that is not HTTP
    │   ├── StationBrokenError        the answer broke off
    │   ├── StationNotFoundError      404: something else lives there
    │   ├── StationStatusError        any other status than 200
    │   ├── StationOtherError         another station than the one that is known
    │   ├── StationNamelessError      one that does not say who it is, instead of it
    │   ├── StationTakenError         one that another entry has
    │   └── PayloadError          an answer that holds no readings
    │       ├── PayloadTooLargeError
    │       ├── PayloadNotJsonError
    │       ├── PayloadShapeError
    │       └── PayloadEmptyError
    ├── JournalError              the journal cannot be used at the moment
    │   ├── JournalUnavailableError   disk full, no permission, unplugged
    │   │   └── JournalRefusalError   not the disk: what is to be written cannot be
    │   ├── JournalDamagedError       not a database any more
    │   └── JournalVersionError       written by a newer Air State
    ├── InfluxError               InfluxDB did not do what was asked: `influx/errors.py`
    ├── FileWriteError            the disk does not take a file
    └── QueryError                a question that cannot be answered as it was put
        ├── TimeError, RangeError, WindowError, AggregateError
        ├── ParameterError, OwnReadingError, ChoiceError, LimitError, SecondsError
        ├── MirrorAbsentError, FieldError, FieldTwiceError, StartMissingError, BoundError
        ├── RetentionError, RetentionShorterError
        └── FileError             a file that cannot be written to
            ├── FileNameError, FileForbiddenError, FileFolderError
            └── FileExistsAlreadyError, FileBusyError

Each class has a ``code``, the key of its text in ``translations/``; ``details`` fill that text's
placeholders. The Home Assistant side turns one into the other in a single place (`translate.py`).
"""

from typing import ClassVar

_MAX_DETAIL_LENGTH = 255


class AirStateError(Exception):
    """Base of all errors of Air State."""

    code: ClassVar[str]

    def __init__(self, **details: object) -> None:
        """Keep what the error's text names, what came from outside cut to fit a dialog."""
        self.details = {
            name: str(value) if name == "allowed" else _shortened(str(value))
            for name, value in details.items()
        }
        super().__init__(self.code, self.details)

    def __str__(self) -> str:
        """Return the code with its details, for logs of this package alone."""
        return ", ".join([self.code, *(f"{name}: {text}" for name, text in self.details.items())])


def _shortened(text: str) -> str:
    """Return `text` on one line of at most `_MAX_DETAIL_LENGTH` characters."""
    line = " ".join(text.split())
    return line if len(line) <= _MAX_DETAIL_LENGTH else line[: _MAX_DETAIL_LENGTH - 1] + "…"


class AddressError(AirStateError):
    """The text is no address of a station. Details: address."""

    code = "address_invalid"


class StationError(AirStateError):
    """The station could not be read. Details: address."""


class StationNameError(StationError):
    """The host's name cannot be resolved."""

    code = "station_name_unknown"


class StationRouteError(StationError):
    """The network has no way to the address."""

    code = "station_no_route"


class StationRefusedError(StationError):
    """The host is there, but nothing listens on the port."""

    code = "station_refused"


class StationTimeoutError(StationError):
    """No complete answer in time. Details: address, seconds."""

    code = "station_timeout"


class StationTlsError(StationError):
    """The station is addressed by https and its certificate is not trusted."""

    code = "station_tls"


class StationProtocolError(StationError):
    """Something answers that does not speak HTTP."""

    code = "station_not_http"


class StationBrokenError(StationError):
    """The connection or the answer broke off."""

    code = "station_broken_off"


class StationNotFoundError(StationError):
    """The host answers, but has no readings at that path."""

    code = "station_not_found"


class StationStatusError(StationError):
    """The host answers with an unexpected status. Details: address, status."""

    code = "station_status"


class StationOtherError(StationError):
    """Another station answers than the one that is known. Details: address, found, known."""

    code = "station_other"


class StationNamelessError(StationError):
    """A station without an id answers instead of the one that is known. Details: address, known."""

    code = "station_nameless"


class StationTakenError(StationError):
    """A station answers that another entry, called `name`, has. Details: address, found, name."""

    code = "station_taken"


class PayloadError(StationError):
    """The station's answer holds no readings."""


class PayloadTooLargeError(PayloadError):
    """The answer is over the limits on bytes or readings. Details: limit."""

    code = "payload_too_large"


class PayloadPageError(PayloadError):
    """A web page answers. Details: title, '-' if it has none."""

    code = "payload_page"


class PayloadNotJsonError(PayloadError):
    """The answer is not JSON, nor nearly.

    `place` is the number of the character that is wrong, `excerpt` what stands around it.
    Details: place, excerpt.
    """

    code = "payload_not_json"


class PayloadShapeError(PayloadError):
    """The answer is JSON, but not of the form device → sensor → parameter."""

    code = "payload_not_station"


class PayloadEmptyError(PayloadError):
    """No reading of the answer is plausible. Details: refused, the first few with reasons."""

    code = "payload_no_reading"


class JournalError(AirStateError):
    """The journal cannot be used. Details: path, reason."""


class JournalUnavailableError(JournalError):
    """The disk does not let the journal be read or written at the moment."""

    code = "journal_unavailable"


class JournalRefusalError(JournalUnavailableError):
    """What is to be written cannot be, though nothing is the matter with the disk."""


class JournalDamagedError(JournalError):
    """The file is no intact journal."""

    code = "journal_damaged"


class JournalVersionError(JournalError):
    """The file was written by a newer version. Details: path, found, known."""

    code = "journal_too_new"


class QueryError(AirStateError):
    """A query asks for something that cannot be. Details: value, and what is allowed."""


class TimeError(QueryError):
    """A field holds no time. Details: name, value."""

    code = "time_invalid"


class RangeError(QueryError):
    """The range ends before it starts. Details: start, stop."""

    code = "range_invalid"


class WindowError(QueryError):
    """Not a window. Details: value."""

    code = "window_invalid"


class AggregateError(QueryError):
    """An aggregate without a window to fold. Details: value."""

    code = "aggregate_without_window"


class ParameterError(QueryError):
    """The station has never sent such a parameter. Details: value, allowed."""

    code = "parameter_unknown"


class ChoiceError(QueryError):
    """None of the words that are allowed. Details: value, allowed."""

    code = "choice_invalid"


class LimitError(QueryError):
    """A row limit out of bounds. Details: value, most."""

    code = "limit_invalid"


class MirrorAbsentError(QueryError):
    """The station is not mirrored into InfluxDB, which the question needs. Details: station."""

    code = "mirror_absent"


class OwnReadingError(QueryError):
    """InfluxDB holds means only. Details: value, parameter."""

    code = "own_reading_absent"


class SecondsError(QueryError):
    """A number of seconds out of bounds. Details: value, most."""

    code = "seconds_invalid"


class FieldError(QueryError):
    """An address has a field that is none. Details: value, allowed."""

    code = "field_unknown"


class FieldTwiceError(QueryError):
    """An address has a field more than once. Details: value."""

    code = "field_twice"


class StartMissingError(QueryError):
    """InfluxDB 3 cannot be asked for all of its past. Details: days."""

    code = "start_missing"


class BoundError(QueryError):
    """A value that cannot be bound to a query. Details: name, value."""

    code = "bound_invalid"


class RetentionError(QueryError):
    """Not a retention. Details: value."""

    code = "retention_invalid"


class RetentionShorterError(QueryError):
    """A shorter retention deletes points. Details: place, before, after."""

    code = "retention_shorter"


class FileError(QueryError):
    """A file cannot be written to. Details: path."""


class FileNameError(FileError):
    """Not the name of a CSV file."""

    code = "file_name_invalid"


class FileForbiddenError(FileError):
    """Home Assistant may not write there. Details: path, allowed."""

    code = "file_not_allowed"


class FileFolderError(FileError):
    """There is no such folder. Details: path, folder."""

    code = "file_folder_missing"


class FileExistsAlreadyError(FileError):
    """There is a file of that name."""

    code = "file_exists"


class FileBusyError(FileError):
    """Another export writes that file."""

    code = "file_busy"


class FileWriteError(AirStateError):
    """The disk does not take a file. Details: path, reason."""

    code = "file_unwritable"

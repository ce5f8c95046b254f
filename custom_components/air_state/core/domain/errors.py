"""All errors of the core but InfluxDB's, grouped by what a person can do about them.

::

    AirStateError
    ├── AddressError              a text that is no address
    ├── StationError              a poll that failed
    │   ├── StationNameError          the host's name cannot be resolved
    │   ├── StationRouteError         no route to the address
    │   ├── StationRefusedError       nothing listens on the port
    │   ├── StationTimeoutError       no complete answer in time
    │   ├── StationTlsError           the certificate is not trusted
    │   ├── StationProtocolError      an answer that is not HTTP
    │   ├── StationBrokenError        the connection broke off
    │   ├── StationNotFoundError      404: the host is something else
    │   ├── StationStatusError        any other status than 200
    │   ├── StationOtherError         another station than the known one
    │   ├── StationNamelessError      a station without an id instead of the known one
    │   ├── StationTakenError         a station that another entry reads
    │   └── PayloadError          an answer without readings
    │       ├── PayloadTooLargeError
    │       ├── PayloadPageError
    │       ├── PayloadNotJsonError
    │       ├── PayloadShapeError
    │       └── PayloadEmptyError
    ├── JournalError              the journal cannot be used
    │   ├── JournalUnavailableError   the disk is full, read-only or unplugged
    │   │   └── JournalRefusalError   SQLite refuses what is to be written
    │   ├── JournalDamagedError       the file is not an intact journal
    │   └── JournalVersionError       a newer Air State wrote the file
    ├── InfluxError               InfluxDB failed or refused: see `influx/errors.py`
    ├── FileWriteError            an export cannot be written to the disk
    └── QueryError                a question that has to be asked in another way
        ├── TimeError, RangeError, WindowError, AggregateError
        ├── ParameterError, OwnReadingError, ChoiceError, LimitError, SecondsError
        ├── MirrorAbsentError, FieldError, FieldTwiceError, StartMissingError, BoundError
        ├── RetentionError, RetentionShorterError
        └── FileError             a file that an export must not write
            ├── FileNameError, FileForbiddenError, FileFolderError
            └── FileExistsAlreadyError, FileBusyError

Each class has a ``code``, which is the key of its text in ``translations/``. An error's ``details``
fill the placeholders of that text. `translate.py` makes Home Assistant's errors of these.
"""

from typing import ClassVar

_MAX_DETAIL_LENGTH = 255


class AirStateError(Exception):
    """Base of all errors of Air State."""

    code: ClassVar[str]

    def __init__(self, **details: object) -> None:
        """Keep the details, each cut to 255 characters but for the list of allowed values."""
        self.details = {
            name: str(value) if name == "allowed" else _shortened(str(value))
            for name, value in details.items()
        }
        super().__init__(self.code, self.details)

    def __str__(self) -> str:
        """Return the code and the details, for logs; users see the translated text."""
        return ", ".join([self.code, *(f"{name}: {text}" for name, text in self.details.items())])


def _shortened(text: str) -> str:
    """Return `text` on one line, cut to `_MAX_DETAIL_LENGTH` characters."""
    line = " ".join(text.split())
    return line if len(line) <= _MAX_DETAIL_LENGTH else line[: _MAX_DETAIL_LENGTH - 1] + "…"


class AddressError(AirStateError):
    """A text is not the address of a station. Details: address."""

    code = "address_invalid"


class StationError(AirStateError):
    """The station could not be read. Details: address."""


class StationNameError(StationError):
    """The host's name cannot be resolved."""

    code = "station_name_unknown"


class StationRouteError(StationError):
    """The network has no route to the address."""

    code = "station_no_route"


class StationRefusedError(StationError):
    """The host answers that nothing listens on the port."""

    code = "station_refused"


class StationTimeoutError(StationError):
    """The answer was not complete in time. Details: address, seconds."""

    code = "station_timeout"


class StationTlsError(StationError):
    """The address begins with https and the host's certificate is not trusted."""

    code = "station_tls"


class StationProtocolError(StationError):
    """The answer is not HTTP."""

    code = "station_not_http"


class StationBrokenError(StationError):
    """The connection or the answer broke off."""

    code = "station_broken_off"


class StationNotFoundError(StationError):
    """The host answers 404: there are no readings at that path."""

    code = "station_not_found"


class StationStatusError(StationError):
    """The host answers with another status than 200 and 404. Details: address, status."""

    code = "station_status"


class StationOtherError(StationError):
    """Another station than the known one answers. Details: address, found, known."""

    code = "station_other"


class StationNamelessError(StationError):
    """A station without an id answers instead of the known one. Details: address, known."""

    code = "station_nameless"


class StationTakenError(StationError):
    """The station that answers is read by the entry `name`. Details: address, found, name."""

    code = "station_taken"


class PayloadError(StationError):
    """The station's answer holds no readings."""


class PayloadTooLargeError(PayloadError):
    """The answer has too many bytes or readings. Details: limit."""

    code = "payload_too_large"


class PayloadPageError(PayloadError):
    """The answer is a web page. Details: title, '-' if it has none."""

    code = "payload_page"


class PayloadNotJsonError(PayloadError):
    """The answer is not JSON and cannot be repaired.

    `place` counts the characters up to the wrong one, `excerpt` is the text around it.
    Details: place, excerpt.
    """

    code = "payload_not_json"


class PayloadShapeError(PayloadError):
    """The answer is JSON, but not of the form device → sensor → parameter."""

    code = "payload_not_station"


class PayloadEmptyError(PayloadError):
    """The answer has no plausible reading. Details: refused, the first few with reasons."""

    code = "payload_no_reading"


class JournalError(AirStateError):
    """The journal cannot be used. Details: path, reason."""


class JournalUnavailableError(JournalError):
    """The journal cannot be read or written at the moment, because of the disk."""

    code = "journal_unavailable"


class JournalRefusalError(JournalUnavailableError):
    """The journal cannot take what is to be written, though the disk is well."""


class JournalDamagedError(JournalError):
    """The file is not an intact journal."""

    code = "journal_damaged"


class JournalVersionError(JournalError):
    """A newer version of Air State wrote the file. Details: path, found, known."""

    code = "journal_too_new"


class QueryError(AirStateError):
    """A question that has to be asked in another way. Details: value, allowed."""


class TimeError(QueryError):
    """The value of a field is not a time. Details: name, value."""

    code = "time_invalid"


class RangeError(QueryError):
    """The range ends before it starts. Details: start, stop."""

    code = "range_invalid"


class WindowError(QueryError):
    """A text is not a window. Details: value."""

    code = "window_invalid"


class AggregateError(QueryError):
    """An aggregate is given without a window. Details: value."""

    code = "aggregate_without_window"


class ParameterError(QueryError):
    """The station has never sent such a parameter. Details: value, allowed."""

    code = "parameter_unknown"


class ChoiceError(QueryError):
    """A value is not one of those allowed. Details: value, allowed."""

    code = "choice_invalid"


class LimitError(QueryError):
    """A limit of rows is not between 1 and `most`. Details: value, most."""

    code = "limit_invalid"


class MirrorAbsentError(QueryError):
    """The question needs InfluxDB, and the station has none. Details: station."""

    code = "mirror_absent"


class OwnReadingError(QueryError):
    """A single sensor's reading is asked for where InfluxDB has means only.

    Details: value, parameter.
    """

    code = "own_reading_absent"


class SecondsError(QueryError):
    """A number of seconds is not between 1 and `most`. Details: value, most."""

    code = "seconds_invalid"


class FieldError(QueryError):
    """A URL has an unknown query field. Details: value, allowed."""

    code = "field_unknown"


class FieldTwiceError(QueryError):
    """A URL has a query field more than once. Details: value."""

    code = "field_twice"


class StartMissingError(QueryError):
    """A question to InfluxDB 3 needs a start at most `days` before its stop. Details: days."""

    code = "start_missing"


class BoundError(QueryError):
    """A value cannot be a parameter of a query. Details: name, value."""

    code = "bound_invalid"


class RetentionError(QueryError):
    """A text is not a retention. Details: value."""

    code = "retention_invalid"


class RetentionShorterError(QueryError):
    """A shorter retention, which deletes points, was not confirmed.

    Details: place, before, after.
    """

    code = "retention_shorter"


class FileError(QueryError):
    """An export must not write this file. Details: path."""


class FileNameError(FileError):
    """The name is not that of a CSV file."""

    code = "file_name_invalid"


class FileForbiddenError(FileError):
    """Home Assistant does not allow writing there. Details: path, allowed."""

    code = "file_not_allowed"


class FileFolderError(FileError):
    """The folder does not exist. Details: path, folder."""

    code = "file_folder_missing"


class FileExistsAlreadyError(FileError):
    """The file exists already."""

    code = "file_exists"


class FileBusyError(FileError):
    """Another export is writing the file."""

    code = "file_busy"


class FileWriteError(AirStateError):
    """The disk refuses to store a file. Details: path, reason."""

    code = "file_unwritable"

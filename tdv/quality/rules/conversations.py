"""CNV: conversations: who speaks, what is said, when, and how much of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tdv.quality.extracting.batch import Batch
from tdv.quality.extracting.columns import TURNS
from tdv.quality.finding import Fault, Level
from tdv.quality.rule import ColumnRule, Param, RowRule, Values
from tdv.quality.schemas.schemaerrors import shown, type_name
from tdv.quality.searching.screens import Walk
from tdv.quality.subject import Roles, Row, Subject, value_at
from tdv.quality.times import in_words, moment

if TYPE_CHECKING:
    from tdv.quality.extracting.summary import Summary
    from tdv.quality.rule import Columns, Mask

ROLE, EMPTY, ALTERNATION, TIME = "CNV001", "CNV002", "CNV003", "CNV004"
COUNT, DURATION, TURN_COUNT, FORM = "CNV005", "CNV006", "CNV007", "CNV008"
KNOWN_ROLES = ("user", "assistant", "system", "tool")
TAKING_TURNS = ("user", "assistant")
# A message that calls a tool need not say anything.
_CALLS = ("tool_calls", "function_call")
_NO_TIME = ("", None)


def conversation_faults(row: Row, subject: Subject) -> Iterator[tuple[str, Fault]]:
    """What is wrong with the messages of a row, message by message."""
    path = subject.roles.messages
    messages = value_at(row, path)
    if messages is None:
        return
    if not isinstance(messages, list):
        said = (
            f"`{path}` is {shown(messages, 30)}, {type_name(messages)}, not an array of messages."
        )
        yield FORM, Fault(path, said)
        return
    if not messages:
        yield FORM, Fault(path, f"`{path}` has no messages.")
    roles = subject.value(ROLE, "roles", KNOWN_ROLES)
    for number, message in enumerate(messages):
        field = f"{path}[{number}]"
        form = _form(message)
        if form:
            yield FORM, Fault(field, f"The message {form}.")
            continue
        if message["role"] not in roles:
            known = ", ".join(map(str, roles))
            said = f"The role is {shown(message['role'], 30)}, none of {known}."
            yield ROLE, Fault(f"{field}.role", said)
        if _says_nothing(message):
            said = f"The {_speaker(message)} says nothing in message {number + 1}."
            yield EMPTY, Fault(f"{field}.content", said)
    yield from _turns(messages, path)
    yield from _times(messages, path, subject.value(TIME, "field", "timestamp"))


def _form(message: Any) -> str:
    """What keeps a value from being a message, "" for nothing."""
    if not isinstance(message, Mapping):
        return f"is {shown(message, 30)}, {type_name(message)}, not an object"
    if not isinstance(message.get("role"), str):
        return "has no `role`" if message.get("role") is None else "has a `role` that is no string"
    if "content" not in message:
        return "" if any(message.get(name) for name in _CALLS) else "has no `content`"
    content = message["content"]
    if content is not None and not isinstance(content, (str, list)):
        return f"has a `content` that is {type_name(content)}, not a string or an array of parts"
    return ""


def _says_nothing(message: Mapping[str, Any]) -> bool:
    content = message.get("content")
    if isinstance(content, str) and not content.isspace() and content:
        return False
    if any(message.get(name) for name in _CALLS):
        return False
    if isinstance(content, list):
        return not any(_has_content(part) for part in content)
    return True


def _has_content(part: Any) -> bool:
    """Whether a part of a content says or shows something; only texts can be empty."""
    if isinstance(part, str):
        return bool(part.strip())
    if isinstance(part, Mapping) and part.get("type", "text") == "text":
        text = part.get("text")
        return isinstance(text, str) and bool(text.strip())
    return bool(part)


def _speaker(message: Mapping[str, Any]) -> str:
    return message["role"] if message["role"] in KNOWN_ROLES else "speaker"


def _turns(messages: Sequence[Any], path: str) -> Iterator[tuple[str, Fault]]:
    """The messages that follow one of the same speaker, with nobody in between."""
    last = None
    for number, message in enumerate(messages):
        role = message.get("role") if isinstance(message, Mapping) else None
        if role == last and role in TAKING_TURNS:
            said = f"The {role} speaks in message {number} and again in message {number + 1}."
            yield ALTERNATION, Fault(f"{path}[{number}]", said)
        last = role


def _times(messages: Sequence[Any], path: str, name: str) -> Iterator[tuple[str, Fault]]:
    """Times that are none, and those before the time of an earlier message."""
    latest = None
    for number, message in enumerate(messages):
        told = message.get(name) if isinstance(message, Mapping) else None
        if told in _NO_TIME:
            continue
        when = moment(told)
        field = f"{path}[{number}].{name}"
        if when is None:
            yield TIME, Fault(field, f"{shown(told, 40)} is no date and time of ISO 8601.")
        elif latest is not None and when < latest:
            early = in_words((latest - when).total_seconds())
            said = f"{shown(told, 40)} is {early} before an earlier message."
            yield TIME, Fault(field, said)
        else:
            latest = when


def _suspects(batch: Batch) -> Iterable[int]:
    """The rows with messages that are not plainly right."""
    subject = batch.subject
    name = subject.value(TIME, "field", "timestamp")
    roles = frozenset(map(str, subject.value(ROLE, "roles", KNOWN_ROLES)))
    return [
        number
        for number, messages in enumerate(batch.values(subject.roles.messages))
        if messages is not None and not _plain(messages, name, roles)
    ]


def _plain(messages: Any, name: str, roles: frozenset[str]) -> bool:
    """Whether known roles take turns to say something, without times."""
    if type(messages) is not list or not messages:
        return False
    last = None
    try:
        for message in messages:
            role, content = message["role"], message["content"]
            if (
                role == last
                or role not in roles
                or type(content) is not str
                or not content
                or content.isspace()
                or name in message
            ):
                return False
            last = role
    except (KeyError, TypeError, IndexError):
        return False
    return True


# --- limits ------------------------------------------------------------------------------------


def _count_rows(columns: Columns, limits: Values, summary: Summary) -> Mask:
    """A conversation without messages is `conversation-form`'s."""
    turns, most = columns[TURNS], limits["max_messages"]
    mask: Mask = (turns > 0) & ((turns < limits["min_messages"]) | ((turns > most) & (most > 0)))
    return mask


def _tell_count(values: Mapping[str, Any], limits: Values, summary: Summary, roles: Roles) -> Fault:
    turns, least, most = int(values[TURNS]), limits["min_messages"], limits["max_messages"]
    need = f"needs at least {least:,}" if turns < least else f"may have at most {most:,}"
    messages = "message" if turns == 1 else "messages"
    return Fault(roles.messages, f"The conversation has {turns:,} {messages}, and {need}.")


def _duration_fault(row: Row, subject: Subject) -> Iterator[Fault]:
    """A conversation that is shorter or longer than the limits, by its metadata or messages."""
    told = _span_of_time(row, subject)
    if told is None:
        return
    seconds, field = told
    least = subject.value(DURATION, "min_seconds", MIN_SECONDS)
    most = subject.value(DURATION, "max_seconds", MAX_SECONDS)
    if seconds < 0:
        yield Fault(field, f"The conversation ends {in_words(-seconds)} before it starts.")
    elif seconds < least or seconds > most:
        need = f"at least {in_words(least)}" if seconds < least else f"at most {in_words(most)}"
        yield Fault(field, f"The conversation lasts {in_words(seconds)}; it has to last {need}.")


def _span_of_time(row: Row, subject: Subject) -> tuple[float, str] | None:
    """Seconds from start to end, and the field that says so."""
    path = subject.roles.messages
    beside = path.rpartition(".")[0]
    for holder in dict.fromkeys((f"{beside}.metadata" if beside else "metadata", "metadata")):
        start, end = (moment(value_at(row, f"{holder}.{name}_time")) for name in ("start", "end"))
        if start is not None and end is not None:
            return (end - start).total_seconds(), f"{holder}.end_time"
    messages = value_at(row, path)
    name = subject.value(TIME, "field", "timestamp")
    times = [
        when
        for message in (messages if isinstance(messages, list) else ())
        if isinstance(message, Mapping) and (when := moment(message.get(name))) is not None
    ]
    return ((max(times) - min(times)).total_seconds(), path) if len(times) > 1 else None


def _turn_count_fault(row: Row, subject: Subject) -> Iterator[Fault]:
    """A stated number of turns that cannot be, or is not that of the prompts, if there are any."""
    field = subject.value(TURN_COUNT, "field", "num_turns")
    turns = value_at(row, field)
    if type(turns) is not int:
        return
    trajectory = subject.value(TURN_COUNT, "trajectory", "prompt_trajectory")
    prompts = value_at(row, trajectory)
    if turns < 1:
        yield Fault(field, f"`{field}` is {turns}: a conversation has at least one turn.")
    elif isinstance(prompts, list) and prompts and len(prompts) != turns:
        count = f"{len(prompts)} prompt{'s' * (len(prompts) != 1)}"
        yield Fault(field, f"`{field}` is {turns}, but `{trajectory}` has {count}.")


WALK = Walk(conversation_faults, _suspects)
MIN_SECONDS, MAX_SECONDS = 300, 86_400


def _talk(*messages: tuple[str, Any], **more: Any) -> Row:
    return {"messages": [{"role": role, "content": said} for role, said in messages], **more}


_GOOD = _talk(("system", "Be brief."), ("user", "Hello?"), ("assistant", "Hello."))


def _timed(*times: str, **more: Any) -> Row:
    speakers = ("user", "assistant")
    return {
        "messages": [
            {"role": speakers[number % 2], "content": "Hello.", "timestamp": when}
            for number, when in enumerate(times)
        ],
        **more,
    }


def _applies(roles: Roles) -> bool:
    return bool(roles.messages)


_MEND = "`tdv clean --drop-invalid` removes such rows; messages can be mended by hand."


def _rule(
    code: str,
    name: str,
    bad: Row,
    good: Row = _GOOD,
    params: tuple[Param, ...] = (),
    *,
    summary: str,
    why: str,
) -> RowRule:
    return RowRule(
        code=code,
        name=name,
        level=Level.ERROR,
        summary=summary,
        why=why,
        bad=bad,
        good=good,
        mend=_MEND,
        applies=_applies,
        params=params,
        check=WALK.check(code),
        screen=WALK.screen(code),
        counts=WALK.counts(code),
    )


RULES = (
    _rule(
        ROLE,
        "conversation-role",
        _talk(("user", "Hello?"), ("robot", "Hello.")),
        params=(Param("roles", KNOWN_ROLES, "The roles that there may be.", extracts=True),),
        summary="A message has a role that is not known.",
        why="Chat templates fail on roles that they do not know, or leave the message out.",
    ),
    _rule(
        EMPTY,
        "empty-turn",
        _talk(("user", "Hello?"), ("assistant", " ")),
        summary="A message says nothing.",
        why="A model that is trained on empty answers gives them. Calls of tools need no content.",
    ),
    _rule(
        ALTERNATION,
        "conversation-alternation",
        _talk(("user", "Hello?"), ("user", "Anyone?"), ("assistant", "Hello.")),
        summary="The user, or the assistant, speaks twice in a row.",
        why=(
            "Most chat templates refuse it: a turn was lost, or two were not joined. Messages of "
            "tools and of the system may stand in between."
        ),
    ),
    _rule(
        TIME,
        "conversation-timestamp",
        _timed("2026-02-06T10:00:05Z", "2026-02-06T10:00:00Z"),
        _timed("2026-02-06T10:00:00Z", "2026-02-06T11:00:05+01:00"),
        params=(Param("field", "timestamp", "The field of a message's time.", extracts=True),),
        summary="The time of a message is none of ISO 8601, or lies before an earlier message.",
        why="Messages are in the wrong order, or clocks and zones were mixed up. No zone is UTC.",
    ),
    ColumnRule(
        code=COUNT,
        name="message-count",
        level=Level.ERROR,
        summary="A conversation has too few or too many messages.",
        why=(
            "The ingestion document wants 10 to 1,000 messages in a session; the profile `session` "
            "sets that."
        ),
        bad=_talk(*[("user", "Hello?"), ("assistant", "Hello.")] * 501),
        good=_GOOD,
        mend="`tdv clean --drop-invalid` removes such rows.",
        applies=_applies,
        params=(
            Param("min_messages", 1, "Fewest messages of a conversation."),
            Param("max_messages", 1000, "Most messages of a conversation; 0 for no bound."),
        ),
        columns=lambda roles: (TURNS,),
        mask=_count_rows,
        tell=_tell_count,
    ),
    RowRule(
        code=DURATION,
        name="conversation-duration",
        level=Level.ERROR,
        optional=True,
        summary="A conversation lasts too short or too long.",
        why=(
            "The ingestion document wants sessions of 5 minutes to 24 hours. The time is taken "
            "from `start_time` and `end_time` of the metadata, or else from the messages. Only the "
            "profile `session` asks for it."
        ),
        bad=_timed("2026-02-06T10:00:00Z", "2026-02-06T10:00:20Z"),
        good=_timed("2026-02-06T10:00:00Z", "2026-02-06T10:10:00Z"),
        mend="`tdv clean --drop-invalid` removes such rows.",
        applies=_applies,
        params=(
            Param("min_seconds", MIN_SECONDS, "Shortest duration, in seconds.", extracts=True),
            Param("max_seconds", MAX_SECONDS, "Longest duration, in seconds.", extracts=True),
        ),
        check=_duration_fault,
    ),
    RowRule(
        code=TURN_COUNT,
        name="turn-count",
        level=Level.ERROR,
        summary="The stated number of turns is below one, or not that of the prompts.",
        why="Document 004 says: a sample has a turn at least, and as many as prompts.",
        bad=_talk(("user", "Hello?"), num_turns=3, prompt_trajectory=["Hello?"]),
        good=_talk(("user", "Hello?"), num_turns=1, prompt_trajectory=["Hello?"]),
        mend="`tdv apply` sets the number.",
        applies=_applies,
        params=(
            Param("field", "num_turns", "The field with the number of turns.", extracts=True),
            Param("trajectory", "prompt_trajectory", "The list of all prompts.", extracts=True),
        ),
        check=_turn_count_fault,
    ),
    _rule(
        FORM,
        "conversation-form",
        {"messages": [{"role": "user"}, {"role": "assistant", "content": "Hello."}]},
        summary="There are no messages, or one is no object with `role` and `content`.",
        why=(
            "A content is a text, or a list of parts as the chat interfaces of today have it. "
            "Conversations under other names (`from`, `value`) have to be renamed first."
        ),
    ),
)

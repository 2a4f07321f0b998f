"""Which jobs may enter, and which may be turned away: the rules of names."""

from mindfleet.entrants import Entrant, milliseconds
from scripts.simulation.book import Book, Life
from scripts.simulation.view import View
from scripts.simulation.violations import hold


def may_enter(book: Book, view: View, entrant: Entrant) -> None:
    """It was accepted as a job of its own: its name must have been free, or of a kind that lets it in."""
    if not entrant.name or entrant.again:
        return  # what Redis lost may come in beside those that came after
    window = book.windows.get(entrant.name)
    if window and not (entrant.merge or entrant.supersede):
        hold(view.now >= window.until, "a_window_is_kept", f"{entrant.job_id} beside {window.holder}")
    holder = book.holder(entrant.name)
    if holder and entrant.merge:
        is_apart = not takes_more(book, holder) or runs_apart(book, view.now, entrant)
        hold(is_apart, "triggers_are_merged", f"{entrant.job_id} beside {holder.id}")
    elif holder and not entrant.supersede and not entrant.unique.isdigit():
        hold(_is_free(holder), "a_name_is_unique", f"{entrant.job_id} beside {holder.id}")


def takes_more(book: Book, holder: Life) -> bool:
    """Whether a job takes up further triggers: it waits, and shall not end."""
    has_room = len(holder.triggers) < book.pieces["MERGED_AT_MOST"]
    return has_room and not (holder.grant or holder.dying or holder.wish)


def runs_apart(book: Book, now: int, entrant: Entrant) -> bool:
    """Whether a job of the name waits that would take it up, but starts before the time of this one."""
    holder = book.holder(entrant.name)
    if not (holder and entrant.merge and entrant.due) or entrant.again or not takes_more(book, holder):
        return False
    return int(milliseconds(entrant.due)) > max(holder.due_with(now), now)


def may_refuse(book: Book, before: View, entrant: Entrant, holder: str) -> None:
    """It was turned away for the sake of another job, which must be a reason."""
    life = book.lives.get(holder)
    window = book.windows.get(entrant.name)
    is_in_window = window is not None and before.now <= window.until and window.holder == holder
    is_done = bool(entrant.again) and holder == entrant.job_id
    hold(life or is_in_window or is_done, "nobody_is_refused_for_nothing", f"{entrant.job_id} because of {holder}")
    if life and holder != entrant.job_id and not is_in_window:  # else another job of that id may live by now
        hold(not _is_free(life), "a_name_is_free_at_the_start", f"{entrant.job_id} because of {holder}")
        hold(life.name == entrant.name, "nobody_is_refused_for_nothing", f"{entrant.job_id} because of {holder}")
        is_newer = entrant.again and entrant.supersede
        hold(is_newer or not (entrant.supersede or entrant.merge), "nobody_is_refused_for_nothing", f"{entrant.job_id}")


def _is_free(life: Life) -> bool:
    """A name that is held until the start."""
    return life.about.unique == "started" and life.starts > 0

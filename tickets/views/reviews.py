"""The weekly review: the week's figures with their bands, its incidents, the checklist, and the sign-off."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from config.core import clock
from config.core.buttons import Button, allowed, press
from config.core.permissions import Action
from config.core.screens import page, require
from tickets import reviewing
from tickets.models import ReviewItem, WeeklyReview
from tickets.services import reviews

WEEKS = 14
EARLIEST = 2000


def _answer(request: HttpRequest, week_on: date) -> str:
    position = request.POST.get("position", "")
    found = reviews.answer(
        reviews.begin(week_on), int(position) if position.isdecimal() else 0, by=request.user.get_username(),
        note=request.POST.get("note", ""),
    )  # fmt: skip
    return f"Answered: {found.title}"


def _sign(request: HttpRequest, week_on: date) -> str:
    review = reviews.begin(week_on)
    reviews.sign(review, by=request.user.get_username(), note=request.POST.get("note", ""))
    return "Signed: this week stays as it is"


BUTTONS = {"answer": Button(Action.WORK_TICKETS, _answer), "sign": Button(Action.WORK_TICKETS, _sign)}


def current(request: HttpRequest) -> HttpResponse:
    require(request, Action.VIEW)
    return redirect("tickets:review", reviews.monday(clock.now().date()).isoformat())


def review(request: HttpRequest, week: str) -> HttpResponse:
    week_on = _week(week)
    if request.method == "POST":
        return press(request, BUTTONS, week_on)
    require(request, Action.VIEW)
    found = WeeklyReview.objects.filter(week_on=week_on).first() or WeeklyReview(week_on=week_on)
    answers = list(found.answers.all()) if found.pk else list(ReviewItem.objects.filter(is_active=True))
    context = {
        "review": found,
        "until": week_on + reviews.WEEK - date.resolution,
        "answers": answers,
        "left": sum(getattr(answer, "done_at", None) is None for answer in answers),
        "weeks": WeeklyReview.objects.all()[:WEEKS],
        "can": set() if found.is_signed else allowed(request, BUTTONS),
        "now": None if found.is_signed else reviewing.figures(week_on),
        "incidents": None if found.is_signed else reviewing.incidents(week_on),
        "before": week_on - reviews.WEEK,
    }
    return page(request, "tickets/review.html", f"Weekly review, {week_on:%-d %b %Y}", context)


def _week(text: str) -> date:
    """The Monday of a week that has begun."""
    try:
        week_on = reviews.monday(date.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise Http404("there is no such week") from error
    if week_on > clock.now().date() or week_on.year < EARLIEST:
        raise Http404("this week has not begun")
    return week_on

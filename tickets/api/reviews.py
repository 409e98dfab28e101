"""Weekly reviews with their checklists and sign-offs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Rows, actor, write
from config.core.permissions import Action
from tickets.models import ReviewAnswer, ReviewItem, WeeklyReview
from tickets.services import reviews


class ReviewAnswerSerializer(serializers.ModelSerializer):
    class Meta:
        model = ReviewAnswer
        fields = ("position", "domain", "title", "detail", "owner", "note", "done_by", "done_at")


class WeeklyReviewSerializer(serializers.ModelSerializer):
    """One week from its Monday (UTC); `figures` are kept when it is signed, and nothing in it changes after."""

    answers = ReviewAnswerSerializer(many=True, read_only=True)

    class Meta:
        model = WeeklyReview
        fields = ("id", "week_on", "note", "figures", "signed_by", "signed_at", "begun_at", "answers")


class ReviewItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = ReviewItem
        fields = ("id", "position", "domain", "title", "detail", "owner", "is_active")


class WeekOf(serializers.Serializer):
    """Any day of the week that is meant."""

    week_on = serializers.DateField()


class QuestionAnswer(serializers.Serializer):
    position = serializers.IntegerField(min_value=1, max_value=1000)
    note = serializers.CharField(max_length=500, default="", allow_blank=True)


class SignOff(serializers.Serializer):
    note = serializers.CharField(max_length=10_000, default="", allow_blank=True)


class WeeklyReviewViews(Rows):
    queryset = WeeklyReview.objects.prefetch_related("answers")
    serializer_class = WeeklyReviewSerializer
    filterset_fields = {"week_on": ["exact", "gte", "lt"], "signed_at": ["isnull"]}

    @write(Action.WORK_TICKETS, takes=WeekOf, gives=WeeklyReviewSerializer, detail=False)
    def begin(self, request: Request) -> Response:
        """The review of a week, made with today's questions where there is none yet."""
        return self.answer(reviews.begin(**self.given(request)))

    @write(Action.WORK_TICKETS, takes=QuestionAnswer, gives=WeeklyReviewSerializer)
    def answer_(self, request: Request, pk: str) -> Response:
        """Say that a question was looked at, and what came of it."""
        review: WeeklyReview = self.get_object()
        reviews.answer(review, by=actor(request), **self.given(request))
        return self.answer(review)

    @write(Action.WORK_TICKETS, takes=SignOff, gives=WeeklyReviewSerializer)
    def sign(self, request: Request, pk: str) -> Response:
        """Close the review; every question must be answered."""
        review: WeeklyReview = self.get_object()
        return self.answer(reviews.sign(review, by=actor(request), **self.given(request)))


class ReviewItemViews(Rows):
    queryset = ReviewItem.objects.all()
    serializer_class = ReviewItemSerializer
    filterset_fields = ("domain", "owner", "is_active")


VIEWS: dict[str, Any] = {"weekly-reviews": WeeklyReviewViews, "review-items": ReviewItemViews}

"""Who sees which rows: a query on a scoped table runs only when it says for which organisations it asks.

The refusal sits in the query's compiler, where every read ends (lists, counts, sub-queries, iterators), and in the
set's own writes, which Django compiles through other classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.sql import Query

from laras.core import wall
from laras.core.errors import NotFound, ScopeMissing


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of owners: named ones, all that some offices reach, or everything (for jobs that say so)."""

    owners: frozenset[UUID] = frozenset()
    offices: frozenset[UUID] = field(default=frozenset())
    unlimited: bool = False

    @classmethod
    def of(cls, *owners: UUID) -> Scope:
        return cls(owners=frozenset(owners))

    @classmethod
    def reach(cls, *offices: UUID) -> Scope:
        """Everything that these organisations supervise or have jurisdiction over, themselves included."""
        return cls(offices=frozenset(offices))

    @classmethod
    def everything(cls) -> Scope:
        return cls(unlimited=True)

    def __or__(self, other: Scope) -> Scope:
        return Scope(self.owners | other.owners, self.offices | other.offices, self.unlimited or other.unlimited)

    def condition(self, field_name: str = "owner_id") -> models.Q:
        """The condition on the owner's column; an empty scope matches nothing."""
        if self.unlimited:
            return models.Q()
        if len(self.owners) == 1 and not self.offices:
            return models.Q(**{field_name: next(iter(self.owners))})
        condition = models.Q(**{f"{field_name}__in": list(self.owners)})
        if self.offices:
            from laras.core.models import Reach

            reached = Reach.objects.filter(office_id__in=self.offices).values("reached_id")
            condition |= models.Q(**{f"{field_name}__in": reached})
        return condition


class ScopedQuery(Query):
    """A query that refuses to compile until a scope was given."""

    scope: Scope | None = None

    def clone(self) -> ScopedQuery:
        clone = super().clone()
        clone.scope = self.scope
        return clone

    def combine(self, rhs: Query, connector: str) -> None:
        # "a or b" shows the rows of both sides: each must have named its scope.
        other = rhs.scope if isinstance(rhs, ScopedQuery) else None
        if self.scope is None or other is None:
            raise ScopeMissing(f"{self.model._meta.label}: combined with a query without .within(scope)")
        super().combine(rhs, connector)
        self.scope = self.scope | other

    def _insist(self) -> None:
        if self.scope is None:
            raise ScopeMissing(f"{self.model._meta.label}: query without .within(scope)")
        wall.open_to(self.scope)

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        self._insist()
        return super().get_compiler(*args, **kwargs)

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        self._insist()
        return super().as_sql(*args, **kwargs)

    def chain(self, klass: Any = None) -> Any:
        # UPDATE, DELETE and aggregation continue as other classes that would forget the refusal.
        if klass is not None and klass is not type(self):
            self._insist()
        return super().chain(klass)


class ScopedQuerySet(models.QuerySet):
    """The set behind ``Model.objects`` of every scoped table."""

    def __init__(self, model: Any = None, query: Any = None, using: Any = None, hints: Any = None) -> None:
        super().__init__(model=model, query=query or ScopedQuery(model), using=using, hints=hints)

    def within(self, scope: Scope) -> ScopedQuerySet:
        """Only the rows of the scope's owners."""
        narrowed = self.filter(scope.condition(self.model.scope_field))
        narrowed.query.scope = scope
        return narrowed

    def delete(self) -> Any:
        self.query._insist()
        return super().delete()

    def update(self, **values: Any) -> int:
        self.query._insist()
        return super().update(**values)

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        raise ScopeMissing(f"{self.model._meta.label}: raw SQL has no scope")


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):
    """``objects`` of a scoped table."""

    def contribute_to_class(self, cls: Any, name: str) -> None:
        super().contribute_to_class(cls, name)


def get_or_404(rows: models.QuerySet, **lookup: Any) -> Any:
    """The one row, or :class:`NotFound` (also for a malformed key: a wrong address is not an error of the server)."""
    try:
        return rows.get(**lookup)
    except (rows.model.DoesNotExist, ValueError, TypeError) as error:
        raise NotFound() from error
    except Exception as error:
        from django.core.exceptions import ValidationError

        if isinstance(error, ValidationError):
            raise NotFound() from error
        raise

"""Who may do something in a procedure, and who is told: rows of data."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.model import Code, Frozen, is_none, is_unset
from domain.staffing import Level, Role


class Who(Frozen):
    """Everybody in a post, in the posts of a unit, of a role, of a tier (over the enterprise, if
    one is concerned), a service by its name, or the enterprise itself. Exactly one of the six."""

    post: Code | None = Field(default=None, exclude_if=is_none)
    unit: Code | None = Field(default=None, exclude_if=is_none)
    role: Role | None = Field(default=None, exclude_if=is_none)
    tier: Level | None = Field(default=None, exclude_if=is_none)
    service: Code | None = Field(default=None, exclude_if=is_none)
    enterprise: bool = Field(default=False, exclude_if=is_unset)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        given = (self.post, self.unit, self.role, self.tier, self.service, self.enterprise or None)
        if sum(each is not None for each in given) != 1:
            msg = "gives exactly one of post, unit, role, tier, service, enterprise"
            raise ValueError(msg)
        return self

    def __str__(self) -> str:
        if self.enterprise:
            return "the enterprise itself"
        given = self.model_dump(mode="json")
        return " ".join(f"{name} {value}" for name, value in given.items())


Rows = Annotated[tuple[Who, ...], Field(max_length=16)]
COORDINATORS = (Who(role=Role.COORDINATOR),)

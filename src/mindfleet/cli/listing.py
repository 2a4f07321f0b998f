"""Commands that list when they are told nothing else."""

from typing import Any

from typer.core import TyperGroup


class ListsByDefault(TyperGroup):
    """`parked` and `parked --task …` are `parked list …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - Typer's own class
        named = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["list", *args])

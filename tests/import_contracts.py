"""A contract for import-linter that covers new packages without naming them (.importlinter)."""

from typing import cast

import grimp
from importlinter import Contract, ContractCheck, fields, output
from typing_extensions import override


class PrivateContract(Contract):
    """A module, in whichever package it is, is imported only by `importers` of the same package.

    Without `importers` the whole package may import it.
    """

    type_name = "private"
    module = fields.StringField()
    importers = fields.ListField(subfield=fields.StringField(), required=False)

    @override
    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        wrong = [
            f"{importer} imports {private}"
            for package in sorted(graph.find_children("ticketing_app"))
            for private in _tree(graph, f"{package}.{self.module}")
            for importer in sorted(graph.find_modules_that_directly_import(private))
            if not any(_is_in(importer, allowed) for allowed in self._allowed(package))
        ]
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    @override
    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["wrong"]:
            output.print_error(line)

    def _allowed(self, package: str) -> list[str]:
        # import-linter replaces the fields by their values.
        importers = cast("list[str] | None", self.importers)
        if not importers:
            return [package]
        # Its own modules may import each other.
        return [f"{package}.{name}" for name in (*importers, self.module)]


def _tree(graph: grimp.ImportGraph, module: str) -> list[str]:
    return sorted({module, *graph.find_descendants(module)}) if module in graph.modules else []


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")

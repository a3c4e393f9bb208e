"""The documents of files that kustomizations name. What they hold counts, so that many large files come to an end."""

from penstock.model import Diagnostic, Document, Origin
from penstock.resolve.level import Level


def read_documents(
    level: Level, path: str, where: Origin, is_config: bool = False
) -> tuple[list[Document] | None, list[Diagnostic]]:
    """Return the documents of a file, read as objects or as configuration, with findings; None where there is no file.

    Raises `Exceeded` where the files of the target have too many keys and values with those of this one.
    """
    documents, findings = level.sources.configs(path) if is_config else level.sources.resources(path)
    level.spend("files", sum(document.size for document in documents or ()), where)
    return documents, findings

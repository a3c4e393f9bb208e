"""`set image NAME=NEW:TAG …`: what stands for an image.

    <image>=<new image>:<tag>   <image>=<new image>@<digest>   <image>=<new image>:<tag>@<digest>   <image>=<new image>
    <image>:<tag>               <image>@<digest>               <image>:<tag>@<digest>

An entry says what the argument says and nothing else: `nginx:1.2` takes out a `newName` that was there. `*` in the
place of a name, a tag or a digest keeps the one that is there.
"""

from penstock.edit.fields import Edited, entries, with_named
from penstock.model import Refusal, Tree

KEEP = "*"


def set_images(fields: Tree, arguments: list[str]) -> Edited:
    if not arguments:
        raise Refusal("name an image, such as nginx=registry.example.com/nginx:1.27")
    present = {value.get("name", ""): value for value, _ in reversed(entries(fields, "images"))}
    wanted = {}
    for image in map(_image, arguments):
        old = present.get(image["name"], {})
        kept = {key: old.get(key, "") if value == KEEP and key != "name" else value for key, value in image.items()}
        wanted[image["name"]] = {key: value for key, value in kept.items() if value}
    return with_named(fields, "images", wanted), []


def _image(argument: str) -> dict[str, str]:
    key, equals, value = argument.partition("=")
    name, tag, digest = _split(value if equals else argument)
    if name == argument:
        raise Refusal(f"invalid image {argument!r}; the forms are\n{_forms()}")
    if not key or not equals:
        return {"name": name, "newName": "", "newTag": tag, "digest": digest}
    return {"name": key, "newName": name, "newTag": tag, "digest": digest}


def _split(image: str) -> tuple[str, str, str]:
    """Return the name, the tag and the digest of an image. A colon before the first slash belongs to the registry."""
    domain = max(image.find("/"), 0)
    at, colon = image.find("@", domain), image.find(":", domain)
    if at >= 0 and (at < colon or colon < 0):
        return image[:at], "", image[at + 1 :]
    if colon < 0:
        return image, "", ""
    if at >= 0:
        return image[:colon], image[colon + 1 : at], image[at + 1 :]
    return image[:colon], image[colon + 1 :], ""


def _forms() -> str:
    tails = (":<tag>", "@<digest>", ":<tag>@<digest>")
    forms = [f"<image>=<new image>{tail}" for tail in (*tails, "")] + [f"<image>{tail}" for tail in tails]
    return "\n".join(f"  {form}" for form in forms)

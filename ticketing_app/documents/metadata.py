"""Metadata in the <head> of a document: title, Open Graph, schema.org."""

import html
import json

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.ui.page_content import PageMetadata, absolute

IMAGE_WIDTH = 1200
IMAGE_HEIGHT = 630
# "</script" inside the JSON would end the script element; JSON reads these escapes as the characters.
_IN_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def render(metadata: PageMetadata) -> str:
    brand = get_settings().brand_name
    image = absolute(routes.share_image(metadata.category))
    canonical = metadata.canonical or metadata.path
    tags = [
        render_title(metadata.title),
        _meta("name", "description", metadata.description),
        f'<link href="{html.escape(absolute(canonical))}" rel="canonical"/>',
        *(
            _meta("property", f"og:{key}", value)
            for key, value in {
                "site_name": brand,
                "type": "website",
                "title": metadata.title,
                "description": metadata.description,
                "url": absolute(metadata.path),
                "image": image,
                "image:width": str(IMAGE_WIDTH),
                "image:height": str(IMAGE_HEIGHT),
                "image:alt": brand,
            }.items()
        ),
        _meta("name", "twitter:card", "summary_large_image"),
        _meta("name", "twitter:title", metadata.title),
        _meta("name", "twitter:description", metadata.description),
        _meta("name", "twitter:image", image),
    ]
    if metadata.event:
        data = json.dumps(metadata.event).translate(_IN_SCRIPT)
        tags.append(f'<script type="application/ld+json">{data}</script>')
    return "".join(tags)


def render_title(title: str) -> str:
    return f"<title>{html.escape(title + brand_suffix())}</title>"


def brand_suffix() -> str:
    return f" | {get_settings().brand_name}"


def _meta(kind: str, name: str, content: str) -> str:
    # Attributes in React's order, because React finds its own tags by their text.
    return f'<meta content="{html.escape(content)}" {kind}="{name}"/>'

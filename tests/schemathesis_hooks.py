"""How schemathesis treats content that is text: any text is valid, whatever it would mean as YAML or TOML."""

import schemathesis


@schemathesis.hook
def before_load_schema(_context, raw_schema):
    """Takes the schema `string` from text. Schemathesis reads YAML as what it means, and counts a number that is sent
    or comes back as a wrong string."""
    # With this header a body of JSON is the value itself, and not the object of the contract.
    put = raw_schema["paths"]["/v1/config/{name}"]["put"]
    put["parameters"] = [it for it in put["parameters"] if not it.get("$ref", "").endswith("/ConfigContentType")]
    contents = [raw_schema]
    while contents:
        found = contents.pop()
        if isinstance(found, list):
            contents.extend(found)
        if isinstance(found, dict):
            contents.extend(found.values())
            media_types = found.get("content")
            for kind, media in media_types.items() if isinstance(media_types, dict) else ():
                if not kind.endswith("json") and isinstance(media, dict) and media.get("schema") == {"type": "string"}:
                    media["schema"] = {}


@schemathesis.serializer("application/toml")
def toml(_context, value):
    return value.encode("utf-8", "replace") if isinstance(value, str) else str(value).encode()

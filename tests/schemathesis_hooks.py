"""How schemathesis sends a body of a type that it does not know: as the text that it is."""

import schemathesis


@schemathesis.serializer("application/toml")
def toml(_context, value):
    return value.encode("utf-8", "replace") if isinstance(value, str) else str(value).encode()

"""Reads one mail (RFC 5322) with Debian's standard library and prints its headers and body as one JSON line.
Runs in the extraction sandbox; imports nothing but the standard library (python3 -I -S)."""
import email
import email.policy
import json
import sys

MAX_BODY = 30_000_000


def header(message, name):
    try:
        value = message.get(name)
    except Exception:  # a header that the parser refuses to decode is shown as absent, the mail still counts
        return ""
    return str(value)[:2000] if value is not None else ""


def text_of(part):
    try:
        return part.get_content()
    except Exception:  # unknown charset or broken transfer encoding: bytes as they are
        payload = part.get_payload(decode=True)
        if payload is None:
            payload = str(part.get_payload()).encode("utf-8", "replace")
        return payload.decode("utf-8", "replace")


def main():
    with open(sys.argv[1], "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    try:
        body = message.get_body(preferencelist=("plain", "html"))
    except Exception:
        body = None
    if body is None:
        for part in message.walk():
            if part.get_content_maintype() == "text" and not part.is_multipart():
                body = part
                break
    attachments = 0
    encrypted = message.get_content_type() in ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
    for part in message.walk():
        if part.get_content_disposition() == "attachment" or (part.get_filename() and part is not body):
            attachments += 1
    print(json.dumps({
        "from": header(message, "From"), "to": header(message, "To"), "cc": header(message, "Cc"),
        "date": header(message, "Date"), "subject": header(message, "Subject"),
        "html": body is not None and body.get_content_subtype() == "html",
        "body": (text_of(body) if body is not None else "")[:MAX_BODY],
        "attachments": attachments, "encrypted": encrypted,
        "defects": [type(d).__name__ for d in message.defects][:20],
    }))


main()

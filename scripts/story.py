"""Plays the market's whole story on a running platform: from the first login to the delivered order and the proofs.

Start the platform with `make up`; then, in a second terminal, `.venv/bin/python scripts/story.py`.
"""

import argparse
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
from story_parts import delivering, looking_back, opening, shopping
from story_parts.cast import Cast
from story_parts.telling import Story, Surprise

PREFACE = """# The whole story

What `scripts/story.py` did on a platform that `daraa up` had just started, and what came back. Everything goes over HTTP as
users would send it, but for the `daraa` commands that are an operator's. `make test` plays it and compares it with this page.
Play it yourself: `make up`, then `.venv/bin/python scripts/story.py` in a second terminal.

```
"""  # noqa: E501


def play(story: Story) -> None:
    """All chapters, in order; Surprise or a transport error at the first thing that is not as it should be."""
    cast = Cast()
    opening.market(story, cast)
    opening.stores(story, cast)
    opening.courier(story, cast)
    try:
        cart_key = shopping.browse(story, cast)
        shopping.register(story, cast, cart_key)
        shopping.with_cash(story, cast)
        shopping.top_up(story, cast)
        shopping.with_wallet(story, cast)
        shopping.by_card(story, cast)
        delivering.sell(story, cast)
        delivering.deliver(story, cast)
        delivering.remit(story, cast)
    finally:
        # Whatever happened: what went wrong matters more than that the courier could not be sent home.
        with suppress(Surprise, httpx.HTTPError):
            delivering.end_shift(story, cast)
    looking_back.earnings(story, cast)
    looking_back.messages(story, cast)
    looking_back.trail(story, cast)


def main() -> int:
    """Exit 0 when the story came to its end, 1 with the surprising answer when it did not."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("base", nargs="?", default="http://127.0.0.1:8000", help="where the API answers")
    words.add_argument("--home", type=Path, default=Path(".daraa"), help="the platform's state folder")
    words.add_argument("--page", type=Path, help="also write the story into this Markdown file")
    given = words.parse_args()
    story, began = Story(given.base, given.home.resolve()), time.monotonic()
    try:
        play(story)
    except (Surprise, httpx.HTTPError) as surprise:
        print(f"\nThe story stops after step {story.steps}: {surprise}", file=sys.stderr)
        return 1
    if given.page:
        given.page.write_text(PREFACE + "\n".join(story.said).lstrip() + "\n```\n", encoding="utf-8")
    print(f"\n{story.steps} steps in {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

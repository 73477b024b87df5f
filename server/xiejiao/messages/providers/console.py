"""Shows messages at the terminal of whoever tries the installation out."""

import sys
from collections.abc import Mapping

from xiejiao.messages.rules import Outcome, Taken, Template, masked


class Console:
    """Prints the text, and of the number only so much that one's own is known again."""

    def send(self, phone: str, template: Template, parameters: Mapping[str, str]) -> Outcome:
        """One line on standard error."""
        words = template.words(parameters)
        sys.stderr.write(f"SMS to {masked(phone)}: {words.zh} {words.en}\n")
        sys.stderr.flush()
        return Taken("console")

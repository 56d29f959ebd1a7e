"""``python -m evalkit``"""

from evalkit.commands import main

main()

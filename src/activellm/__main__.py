"""`python -m activellm` is the command `activellm`."""

from activellm.cli.main import main

main()

"""What `mammovlm doctor` looks at, one file a part of the installation."""

from mammovlm.cli.checkup.finding import Finding, Grade

__all__ = ["Finding", "Grade"]

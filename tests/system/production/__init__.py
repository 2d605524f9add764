"""The production configuration as one system with TLS everywhere; see ``conftest``."""

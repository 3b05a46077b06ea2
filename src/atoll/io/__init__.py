"""Files: company folders and what is in them."""

from atoll.io.catalogue import Catalogue, read_catalogue
from atoll.io.profile import DemandProfile, ModelDemand, TextDemand

__all__ = ["Catalogue", "DemandProfile", "ModelDemand", "TextDemand", "read_catalogue"]

"""The zoo of partners: players to be paired with, by name (``make_partner``), with declared traits."""

from partners.base import Partner, SimplePartner, Traits
from partners.kinds import PartnerKind
from partners.names import UnknownNameError
from partners.noisy import NoisyPartner
from partners.zoo import ZOO, make_partner

__all__ = [
    "ZOO",
    "NoisyPartner",
    "Partner",
    "PartnerKind",
    "SimplePartner",
    "Traits",
    "UnknownNameError",
    "make_partner",
]

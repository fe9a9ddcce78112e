"""How health is written as JSON: the contract's fields, and ours beside them.

These schemas are also what the OpenAPI description is made of.
"""

from marshmallow import Schema, fields

from app.components import COMPONENTS
from app.contract.fields import Moment, OmitEmpty, about
from app.contract.problem import DetailsSchema, ServiceSchema


class HealthySchema(ServiceSchema):
    """``GET /health`` while all is well: the contract's body."""

    version = fields.String(required=True, metadata=about("The proxy's version."))


def _components(name: str, schemas: dict[str, type[Schema]]) -> type[Schema]:
    """Make the schema of all components, in their order."""
    nested = {
        component: fields.Nested(schema, required=True)
        for component, schema in schemas.items()
    }
    return OmitEmpty.from_dict(nested, name=name)  # type: ignore[arg-type]


ComponentStatusesSchema = _components(
    "ComponentStatusesSchema", {each.name: each.status_schema for each in COMPONENTS}
)
ComponentsSchema = _components(
    "ComponentsSchema", {each.name: each.schema for each in COMPONENTS}
)


class TransitionSchema(OmitEmpty):
    """One change of a component's status."""

    optional = ("code", "from_code")
    time = Moment(required=True)
    component = fields.String(required=True)
    before = fields.String(data_key="from", required=True)
    after = fields.String(data_key="to", required=True)
    code_before = fields.String(data_key="from_code", metadata=about("Why before."))
    code = fields.String(metadata=about("Why; absent where it is healthy again."))


class ConfigurationSchema(OmitEmpty):
    """The settings in force that the contract shows."""

    host = fields.String(required=True)
    port = fields.Integer(required=True)
    log_level = fields.String(required=True)
    cors_enabled = fields.Boolean(required=True)


class HealthStatusesSchema(ServiceSchema):
    """``GET /health/detailed`` to everyone."""

    version = fields.String(required=True, metadata=about("The proxy's version."))
    error = fields.String(metadata=about("What is wrong, if anything."))
    details = fields.Nested(DetailsSchema)
    components = fields.Nested(ComponentStatusesSchema, required=True)


class DetailedHealthSchema(HealthStatusesSchema):
    """``GET /health/detailed`` to a trusted caller."""

    components = fields.Nested(ComponentsSchema, required=True)
    configuration = fields.Nested(ConfigurationSchema, required=True)
    recent_changes = fields.List(fields.Nested(TransitionSchema), required=True)
    warnings = fields.List(fields.String())

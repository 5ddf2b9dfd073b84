using EnterpriseRag.Foundation;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace EnterpriseRag.Storage.Configurations;

internal sealed class MatterIdConverter() : ValueConverter<MatterId, Guid>(id => id.Value, value => new MatterId(value));

internal sealed class DocumentIdConverter() : ValueConverter<DocumentId, Guid>(id => id.Value, value => new DocumentId(value));

internal sealed class DocumentVersionIdConverter() : ValueConverter<DocumentVersionId, Guid>(id => id.Value, value => new DocumentVersionId(value));

internal sealed class PersonIdConverter() : ValueConverter<PersonId, Guid>(id => id.Value, value => new PersonId(value));

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace EnterpriseRag.Storage.Configurations;

internal sealed class MatterConfiguration : IEntityTypeConfiguration<Matter>
{
    public void Configure(EntityTypeBuilder<Matter> builder)
    {
        builder.ToTable("matter").HasKey(matter => matter.Id);
        builder.Property(matter => matter.Id).ValueGeneratedNever();
    }
}

internal sealed class MatterMemberConfiguration : IEntityTypeConfiguration<MatterMember>
{
    public void Configure(EntityTypeBuilder<MatterMember> builder)
    {
        builder.ToTable("matter_member").HasKey(member => new { member.MatterId, member.PersonId });
        builder.HasOne<Matter>().WithMany().HasForeignKey(member => member.MatterId);
    }
}

internal sealed class MatterWallConfiguration : IEntityTypeConfiguration<MatterWall>
{
    public void Configure(EntityTypeBuilder<MatterWall> builder)
    {
        builder.ToTable("matter_wall").HasKey(wall => new { wall.MatterId, wall.PersonId });
        builder.HasOne<Matter>().WithMany().HasForeignKey(wall => wall.MatterId);
    }
}

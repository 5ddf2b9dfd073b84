using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Answering.Tests;

public sealed class QuestionValidatorTests
{
    private static readonly Actor s_asker = new(new PersonId(new Guid("01900000-0000-7000-8000-000000000001")), ActorKind.User, [PlatformRoles.Reader], "token");

    [Theory]
    [InlineData("How long is the term?", null, true)]
    [InlineData("How long is the term?", "c-01", true)]
    [InlineData("", null, false)]
    [InlineData("   ", null, false)]
    [InlineData("How long is the term?", "Erika Mustermann", false)]
    public void A_question_has_a_text_and_its_conversation_is_an_id(string text, string? conversation, bool valid) =>
        Validate(new Question(s_asker, text, Conversation: conversation)).ShouldBe(valid);

    [Fact]
    public void A_question_has_a_longest_length() => Validate(new Question(s_asker, new string('x', 4001))).ShouldBeFalse();

    private static bool Validate(Question question) => new QuestionValidator(Options.Create(new AnsweringOptions())).Validate(question).IsValid;
}

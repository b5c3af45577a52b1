using CodeSigning.Errors;
using CodeSigning.Gateway.Problems;
using CodeSigning.Grains.Ledger;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CodeSigning.Gateway.Tests.Problems;

public sealed class ProblemDescriberTests
{
    [Fact]
    public void Fault_is_logged_under_the_id_that_the_client_gets()
    {
        var log = new CollectedLog();
        var fault = new InvalidOperationException("SELECT * FROM secrets");

        var problem = new ProblemDescriber(log).Describe(new DefaultHttpContext(), fault);

        var (text, exception) = Assert.Single(log.Lines);
        Assert.Same(fault, exception);
        Assert.Contains(problem.Members["errorId"].Trim('"'), text, StringComparison.Ordinal);
        Assert.Equal((ErrorCode.InternalError, 500), (problem.Code, problem.Status));
        Assert.DoesNotContain("SELECT", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Fault_logged_by_the_ledger_keeps_its_id_unlogged()
    {
        var log = new CollectedLog();
        var failed = new ElementFailedException { ErrorId = "0123456789abcdef0123456789abcdef" };

        var problem = new ProblemDescriber(log).Describe(new DefaultHttpContext(), failed);

        Assert.Empty(log.Lines);
        Assert.Equal((ErrorCode.InternalError, 500), (problem.Code, problem.Status));
        Assert.Equal($"\"{failed.ErrorId}\"", problem.Members["errorId"]);
    }

    [Theory]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(ObjectDisposedException))]
    public void Work_given_up_by_a_stopping_node_can_be_retried(Type fault)
    {
        var log = new CollectedLog();
        var exception = (Exception)Activator.CreateInstance(fault, "Stopped.")!;

        var problem = new ProblemDescriber(log).Describe(new DefaultHttpContext(), exception);

        Assert.Equal((ErrorCode.Unavailable, 503), (problem.Code, problem.Status));
        Assert.NotNull(problem.RetryAfter);
        Assert.Same(exception, Assert.Single(log.Lines).Exception);
    }

    [Fact]
    public void Refusal_is_not_logged()
    {
        var log = new CollectedLog();

        new ProblemDescriber(log).Describe(new DefaultHttpContext(), new RefusedException(ErrorCode.Forbidden, "No."));

        Assert.Empty(log.Lines);
    }

    private sealed class CollectedLog : ILogger<ProblemDescriber>
    {
        public List<(string Text, Exception? Exception)> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add((formatter(state, exception), exception));
    }
}

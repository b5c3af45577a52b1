using CodeSigning.Gateway.Calls;
using CodeSigning.Gateway.Pages.Components;
using CodeSigning.Grains.Signers;
using CodeSigning.Signers;
using Microsoft.AspNetCore.Components;

namespace CodeSigning.Gateway.Pages.Signers;

/// <summary>A page of a signer, for those who may see it.</summary>
public abstract class SignerPageBase : PageBase
{
    /// <summary>The signer's name or id, from the address.</summary>
    [Parameter]
    public string SignerName { get; set; } = "";

    /// <summary>The signer.</summary>
    private protected SignerView Signer { get; private set; } = null!;

    /// <summary>The caller's role for the signer, and what it allows.</summary>
    private protected PermissionsView Permissions { get; private set; } = null!;

    /// <summary>The signer as the API's endpoints see it.</summary>
    private protected SignerCall OfSigner => new(Call, Signer.Id);

    [Inject]
    private SignerDirectory Directory { get; set; } = null!;

    [Inject]
    private SignerIds Ids { get; set; } = null!;

    /// <inheritdoc/>
    protected sealed override async Task LoadAsync()
    {
        var id = await Ids.FindAsync(SignerName, Call.Aborted);
        Signer = await Call.AskAsync(caller => Directory.GetAsync(caller, id, Call.Aborted));
        Permissions = await Call.AskAsync(caller => Directory.GetPermissionsAsync(caller, id, Call.Aborted));
        await LoadTabAsync();
    }

    /// <summary>Reads what the page shows of the signer.</summary>
    protected virtual Task LoadTabAsync() => Task.CompletedTask;

    /// <summary>Whether the caller may do something with the signer. What a form does is decided by what it calls.</summary>
    private protected bool May(SignerAction action) => Permissions.Actions.Contains(action);

    /// <summary>The address of a page of the signer, such as <c>members</c>; the first one without.</summary>
    private protected string PathTo(string below = "") => SignerPath.Of(Signer, below);
}

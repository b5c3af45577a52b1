using Microsoft.Playwright;

namespace CodeSigning.Pages.Tests.Browser;

/// <summary>How a page is looked at.</summary>
public enum Look
{
    Light,
    Dark,
    Phone,
}

internal static class Looks
{
    public static BrowserNewContextOptions ToOptions(this Look look) => new()
    {
        ColorScheme = look == Look.Dark ? ColorScheme.Dark : ColorScheme.Light,
        ViewportSize = look == Look.Phone ? new ViewportSize { Width = 390, Height = 844 } : new ViewportSize { Width = 1280, Height = 800 },
        HasTouch = look == Look.Phone,
        ReducedMotion = ReducedMotion.Reduce,
    };
}

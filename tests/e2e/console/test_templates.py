"""Templates in a browser: live as they are edited."""

from playwright.sync_api import expect

from sluice.pipelines import pipelines
from sluice.putting import put_users

NAME = "sluice-local-mail-welcome"


def edit(served, **parts: str) -> None:
    """Changes a template as `up --watch` does once its file is saved."""
    mailer = served.target.client("sesv2")
    content = mailer.get_email_template(TemplateName=NAME)["TemplateContent"]
    mailer.update_email_template(TemplateName=NAME, TemplateContent={**content, **parts})


def test_a_template_is_seen_as_it_is_edited_with_made_up_values_and_then_with_real_ones(served, opened):
    page = opened()
    page.get_by_role("link", name="Templates").click()
    expect(page.get_by_role("row", name="welcome")).to_contain_text("Hello {{name}}, and welcome")
    page.get_by_role("link", name="welcome", exact=True).click()
    expect(page.locator("#facts")).to_contain_text("made-up values")
    heading = page.frame_locator("iframe").get_by_role("heading", level=1)
    expect(heading).to_have_text("Hello Ada Lovelace, and welcome")
    edit(served, Html="<h1>Good day, {{nameHtml}}</h1>", Subject="Good day, {{name}}: {{fresh}}")
    expect(heading).to_have_text("Good day, Ada Lovelace", timeout=30_000)
    expect(page.locator("#facts")).to_contain_text("Good day, Ada Lovelace: (fresh)")
    put_users(pipelines(served.target, "streams")[0])
    served.stack.wait_idle()
    expect(page.locator("#facts")).to_contain_text("the rules' data for INSERT u-", timeout=30_000)
    expect(heading).not_to_contain_text("Lovelace")
    page.get_by_role("link", name="Source").click()
    expect(page.locator("pre").last).to_have_text("<h1>Good day, {{nameHtml}}</h1>")

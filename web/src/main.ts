import { mount } from "svelte";
import "./styles/tokens.css";
import "./styles/page.css";
import Page from "./app/Page.svelte";
import { surviveTranslation } from "./app/translated";
import { keptLanguage, language, preferredLanguage } from "./i18n/i18n.svelte";

language.tag = preferredLanguage(keptLanguage(), navigator.languages);

const target = document.getElementById("page") as HTMLElement;
surviveTranslation(target);
mount(Page, { target });

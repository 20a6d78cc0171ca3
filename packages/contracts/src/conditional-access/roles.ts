/** Sallyport's roles by the ids of Microsoft Entra's built-in roles of the same names, as policies name them. https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference */
export const directoryRoleIds = {
  'Security Administrator': '194ae4cb-b126-40b2-bd5b-6091b380977d',
  'Security Operator': '5f2222b1-57c3-48ba-8ad5-d4759f1fde6f',
  'Security Reader': '5d6b6bb7-de71-4623-b4af-96380a352509',
} as const;

/** Sallyport itself, as policies and `SigninLogs` name it. */
export const sallyportApplicationId = '5a96d9f1-02de-48ff-84f1-137a7cbb9134';
